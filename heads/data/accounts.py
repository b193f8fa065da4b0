"""Identity of accounts, and what is known of them from their posts."""

from difflib import get_close_matches

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from heads.arrays import Indices, Mask


def account_codes(table: pa.Table) -> Indices:
    """Number the accounts of posts, shape (n,); a post without one gets a number of its own.

    Names are compared as `fold_names` folds them, within a platform. A name without a platform
    is the account of that name with the most posts.
    """
    names = codes(fold_names(table["username"]))
    if "platform" not in table.column_names:
        return names
    encoded = table["platform"].combine_chunks().cast(pa.string()).dictionary_encode()
    platform = np.asarray(encoded.indices.fill_null(-1), dtype=np.int64)
    told = platform >= 0
    platform = np.where(told, platform, most_frequent(names, platform, told)[names])
    _, found = np.unique(names * (len(encoded.dictionary) + 1) + platform + 1, return_inverse=True)
    return np.asarray(found, dtype=np.int64)


def fold_names(column: pa.ChunkedArray) -> pa.Array:
    """Fold the spellings of accounts, shape (n,): `@Name` is `name`; null where there is none.

    The SQL macro `fold_username` does the same.
    """
    names = pc.utf8_trim_whitespace(column.combine_chunks().cast(pa.string()))
    folded = pc.utf8_lower(pc.utf8_ltrim(names, characters="@"))
    return pc.if_else(pc.equal(folded, ""), None, folded)


def fold_name(name: str) -> str:
    """Fold the spelling of one account, as `fold_names` does."""
    return name.strip().lstrip("@").lower()


def no_posts_of(name: str, usernames: pa.ChunkedArray, remedy: str) -> str:
    """Say that an account has no posts, which of those that have some may be meant, and a remedy.

    Parameters
    ----------
    name : str
        The account, as it was asked for.
    usernames : pyarrow.ChunkedArray
        Accounts of the posts.
    remedy : str
        What follows in the sentence.
    """
    spelled = dict(zip(fold_names(usernames).to_pylist(), usernames.to_pylist(), strict=True))
    wanted, known = fold_name(name), sorted(each for each in spelled if each)
    held = [each for each in known if wanted and wanted in each]
    near = list(dict.fromkeys([*get_close_matches(wanted, known, n=3), *held]))[:3]
    if not near:
        return f"no posts of {name}; {remedy}"
    meant = " or ".join(spelled[each] for each in near)
    return f"no posts of {name}: did you mean {meant}? {remedy}"


def company_names(table: pa.Table, account: Indices, stored: Mask) -> pa.Array:
    """Name the company of each post's account in lower case; null where none is known.

    Parameters
    ----------
    table : pyarrow.Table
        With the column company, n rows.
    account : array, shape (n,), int64
        Account of each post.
    stored : array, shape (n,), bool
        Posts that speak for their account; drafts don't.
    """
    column = pc.utf8_trim_whitespace(table["company"].combine_chunks().cast(pa.string()))
    encoded = pc.utf8_lower(pc.if_else(pc.equal(column, ""), None, column)).dictionary_encode()
    own = np.asarray(encoded.indices.fill_null(-1), dtype=np.int64)
    usual = most_frequent(account, own, stored & (own >= 0))[account]
    chosen = np.where(usual >= 0, usual, own)
    return encoded.dictionary.take(pa.array(chosen, mask=chosen < 0))


def most_frequent(key: Indices, value: Indices, counted: Mask) -> Indices:
    """Find each key's most frequent value among the rows counted; −1 without any.

    Of values equally frequent, the smaller one. Returns shape (largest key + 1,).
    """
    best = np.full(key.max(initial=-1) + 1, -1, dtype=np.int64)
    size = value.max(initial=0) + 1
    pairs, count = np.unique(key[counted] * size + value[counted], return_counts=True)
    order = np.lexsort((-pairs, count))
    best[pairs[order] // size] = pairs[order] % size
    return best


def codes(column: pa.Array) -> Indices:
    """Number the values of a column; each empty one gets a number of its own."""
    encoded = column.dictionary_encode()
    found = np.array(encoded.indices.fill_null(-1), dtype=np.int64)
    empty = np.flatnonzero(found < 0)
    found[empty] = len(encoded.dictionary) + np.arange(len(empty))
    return found
