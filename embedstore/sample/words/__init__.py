"""The wording of the made-up posts: phrases only, no code.

Each constant is read by :func:`embedstore.sample.grammar.read_words`. A line ``@name`` opens a
list of phrases; the lines below it hold one phrase each, or several with `` | `` between them.
In a phrase, ``{name}`` stands for a phrase of that list (the same one wherever the name occurs
in one post) and ``[a|b|]`` for one of the alternatives.
"""
