"""Take the voice of a company out of its posts' vectors, so that topics are no brands."""

import numpy as np

from embedstore.arrays import Indices, Vectors, unit

PRIOR_POSTS = 5.0
"""Posts that the mean of all counts for in the mean of an owner. Without it, an owner with a
single post would have no content left."""


def less_centres(vectors: Vectors, owner: Indices) -> Vectors:
    """Subtract from each vector the mean of its owner, and scale it to length 1.

    Parameters
    ----------
    vectors : array, shape (n, dim), float32
        At length 1.
    owner : array, shape (n,), int64
        A number from 0 for each company, or account; the mean of few posts is shrunk to that of
        all.
    """
    import scipy.sparse as sparse

    n = len(owner)
    member = sparse.csr_matrix((np.ones(n, np.float32), (owner, np.arange(n))))
    count = np.asarray(member.sum(axis=1), dtype=np.float32).reshape(-1, 1)
    prior = PRIOR_POSTS * vectors.mean(axis=0)
    means = np.asarray((member @ vectors + prior) / (count + PRIOR_POSTS), dtype=np.float32)
    return unit(vectors - means[owner])
