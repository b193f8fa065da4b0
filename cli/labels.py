"""`embedstore label`, `heads fit label`, `heads fit column` and `heads predict column`."""

from typing import TYPE_CHECKING

import click
from embedstore.cli.app import StoreCommand, store_argument
from embedstore.cli.output import format_option, print_rows
from embedstore.cli.progress import watched
from embedstore.cli.terminal import visible

if TYPE_CHECKING:
    from heads.runs import Run


class _Description(click.ParamType[tuple[str, str]]):
    """A class and what its posts say."""

    name = "class=text"

    def convert(
        self, value: object, param: click.Parameter | None, ctx: click.Context | None
    ) -> tuple[str, str]:
        """Return the class and its description."""
        label, equals, text = (part.strip() for part in str(value).partition("="))
        if not equals or not label or not text:
            self.fail(f"{value!r} should read CLASS=TEXT, such as promo='a discount'", param, ctx)
        return label, text


_space = click.option("--space", help="Which space.  [default: the first of texts]")
_seed = click.option("--seed", default=0, show_default=True, help="The same seed, the same head.")


@click.command("label", cls=StoreCommand)
@store_argument
@click.argument("name")
@click.option(
    "--examples",
    type=click.Path(exists=True, dir_okay=False),
    multiple=True,
    help="CSV with the columns label, and post (source:id) or text. May be given again.",
)
@click.option(
    "--describe",
    type=_Description(),
    multiple=True,
    metavar="CLASS=TEXT",
    help="What the posts of a class say. Once for each class.",
)
@click.option(
    "--suggest",
    type=click.IntRange(min=1),
    metavar="N",
    help="Print the N posts that would teach the head most.",
)
@_space
@_seed
@format_option
def label(
    store: str,
    name: str,
    examples: tuple[str, ...],
    describe: tuple[tuple[str, str], ...],
    suggest: int | None,
    space: str | None,
    seed: int,
    form: str,
) -> None:
    """Give the posts of STORE classes of your own, under the label NAME.

    \b
    embedstore label tweets.store kind --describe promo="a discount, buy now"
                                       --describe news="what has happened"
    embedstore label tweets.store kind --suggest 20 --format csv > labels.csv
    embedstore label tweets.store kind --examples labels.csv
    embedstore label tweets.store kind

    Examples or descriptions train a head, kept in STORE; every post then has a class
    in the table labels. Without them, the head that is there labels posts that have come.
    """
    from heads.labels.apply import label_posts, suggest_posts
    from heads.labels.fit import fit_label

    if examples or describe:
        with watched() as progress:
            run = fit_label(
                store,
                name,
                examples=examples,
                describe=dict(describe),
                space=space,
                seed=seed,
                progress=progress,
            )
        _say_scores(run)
    if suggest is not None:
        print_rows(suggest_posts(store, name, suggest), form)
        return
    print_rows(label_posts(store, name), form)


@click.command("column", cls=StoreCommand)
@store_argument
@click.argument("name")
@_space
@_seed
def fit_column(store: str, name: str, space: str | None, seed: int) -> None:
    """Train a head on STORE that tells the column NAME from a post's content.

    \b
    heads fit column tweets.store lang
    heads fit column tweets.store extra.campaign
    heads fit column tweets.store ratings.stars

    NAME is a column of posts, extra.NAME, or TABLE.COLUMN of a table with post_id.
    """
    from heads.labels.fit import fit_column as fit

    with watched() as progress:
        run = fit(store, name, space=space, seed=seed, progress=progress)
    _say_scores(run)


@click.command("column", cls=StoreCommand)
@store_argument
@click.argument("name")
@click.option("--run", help="Which head.  [default: the pinned one, else the newest]")
@format_option
def predict_column(store: str, name: str, run: str | None, form: str) -> None:
    """Predict the column NAME for every post of STORE with a vector.

    \b
    heads predict column tweets.store extra.campaign --format csv
    """
    from heads.labels.apply import predict_column as predict

    print_rows(predict(store, name, run=run), form)


def _say_scores(run: "Run") -> None:
    """Say on stderr what was trained and how good it is on posts that it didn't learn from."""
    scores = {name: values for name, values in run.metrics.items() if isinstance(values, list)}
    lines = [f"{run.run_id} trained"]
    if not scores:
        lines.append(
            "not scored: with at least 5 examples of each class, it is, and its probabilities"
            " are calibrated"
        )
    for name, (value, low, high) in scores.items():
        interval = "" if low is None or high is None else f" [{low:.3f}, {high:.3f}]"
        lines.append(f"{name.replace('_', ' ')} {value:.3f}{interval}")
    if scores:
        lines.append(f"cross-validated; 95% intervals by {run.metrics['resampling']}")
    click.echo(visible("\n".join(lines), keep="\n"), err=True)
