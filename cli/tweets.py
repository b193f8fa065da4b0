"""`heads fit tweets`, `heads eval tweets` and `heads generate`."""

from typing import TYPE_CHECKING, Any

import click
from embedstore.cli.app import store_argument
from embedstore.cli.output import format_option, print_json, print_rows
from embedstore.cli.progress import watched
from embedstore.cli.timestamp import TIMESTAMP

if TYPE_CHECKING:
    from heads.tweets.evaluate import Evaluation
    from heads.tweets.generate import Generated

_device = click.option(
    "--device",
    type=click.Choice(["auto", "cpu", "cuda"]),
    default="auto",
    show_default=True,
    help="Where to compute.",
)
_seed = click.option("--seed", default=0, show_default=True, help="The same seed, the same texts.")


@click.command("tweets")
@store_argument
@click.option(
    "--decoder",
    metavar="NAME",
    help="small, smollm2, or a causal language model by hub name or folder."
    "  [default: smollm2 where it is installed, else small]",
)
@click.option(
    "--split",
    help="time:DATE, company:FOLD/5 or random:SEED.  [default: the latest fifth is held out]",
)
@click.option(
    "--captions",
    type=click.Path(exists=True, dir_okay=False),
    help="CSV with id and image_caption: what a post's first picture shows.",
)
@click.option("--epochs", type=click.IntRange(min=1), help="Passes over the posts, at most.")
@click.option("--minutes", type=click.FloatRange(min=0.01), help="Time for the training, at most.")
@_seed
@_device
@format_option
def fit_tweets(store: str, form: str, **options: Any) -> None:
    """Train a decoder that writes posts, and keep it in STORE.

    Interrupted, it goes on where it stopped when the same command is given again.
    """
    import pyarrow as pa

    from heads.tweets.fit import fit_tweets as fit_decoder

    with watched() as progress:
        run = fit_decoder(store, progress=progress, **options)
    training = run.metrics["training"]
    rows = [
        {"run": run.run_id, "metric": name, "value": value, "low": low, "high": high}
        for name, (value, low, high) in [
            *((name, (value, None, None)) for name, value in training.items()),
            *((name, values) for name, values in run.metrics.items() if name != "training"),
        ]
    ]
    print_rows(pa.Table.from_pylist(rows), form)
    click.echo(f"model card: {run.folder / 'card.md'}", err=True)


@click.command("tweets")
@store_argument
@click.option("--run", help="Which decoder.  [default: the pinned one, else the newest]")
@click.option("--decoder", metavar="NAME", help="A pretrained model as it is, not fine-tuned.")
@click.option("--split", help="Of a pretrained model; a run is scored on its own.")
@click.option(
    "--limit",
    type=click.IntRange(min=2),
    default=300,
    show_default=True,
    help="Posts to score, drawn with the seed.",
)
@click.option(
    "--conditions",
    type=click.IntRange(min=0),
    default=100,
    show_default=True,
    help="Conditions that the control of likes is measured on.",
)
@_seed
@_device
@format_option
def evaluate_tweets(store: str, form: str, **options: Any) -> None:
    """Score a decoder's texts beside baselines, on posts of STORE that it did not learn from.

    Placeholders are masked. Intervals are 95% bootstrap intervals by account; bits per byte
    are of the true tweets as they are.
    """
    from heads.tweets.evaluate import evaluate_tweets as evaluate_decoder

    with watched() as progress:
        found = evaluate_decoder(store, progress=progress, **options)
    if form == "json":
        print_json(_evaluation(found))
    elif form != "table":
        print_rows(found.scores, form)
    else:
        click.echo(
            f"{found.decoder}, {found.split}: {found.posts:,} posts of {found.accounts:,} accounts"
        )
        for metric in dict.fromkeys(found.scores["metric"].to_pylist()):
            rows = [row for row in found.scores.to_pylist() if row["metric"] == metric]
            table = found.scores.from_pylist(rows).drop_columns("metric")
            print_rows(table, "table", title=f"\n{metric}")
        print_rows(found.bits, "table", title="\nbits per byte of the true tweets")
        if found.control.num_rows:
            print_rows(found.control, "table", title="\nwanted and judged level, Spearman")
        click.echo("\n" + "; ".join(f"{k}: {v}" for k, v in found.signatures.items()))


@click.command("generate")
@store_argument
@click.option(
    "--company",
    help="For whom; one never seen is written for too.  [default: the account's]",
)
@click.option("--username", help="The account.")
@click.option(
    "--date",
    type=TIMESTAMP,
    help="When it would be posted, UTC.  [default: now]",
)
@click.option(
    "--likes",
    type=click.FloatRange(min=0),
    help="How many are wanted; a likes head orders the texts by it, where there is one.",
)
@click.option(
    "--image",
    type=click.Path(exists=True, dir_okay=False),
    help="The picture that it goes with.",
)
@click.option("--caption", help="What the picture shows, in words.")
@click.option(
    "-n", "n", type=click.IntRange(min=1), default=5, show_default=True, help="Posts to print."
)
@click.option("--candidates", type=click.IntRange(min=1), help="Texts to draw and choose from.")
@click.option("--run", help="Which decoder.  [default: the pinned one, else the newest]")
@click.option("--decoder", metavar="NAME", help="A pretrained model as it is, not fine-tuned.")
@_seed
@_device
@format_option
def generate(store: str, form: str, **options: Any) -> None:
    """Write posts for a company, an account and a time, in the manner of STORE's.

    Placeholders stay placeholders. Nothing that is written was checked: read before posting.
    """
    from heads import generate as write

    with watched() as progress:
        found = write(store, progress=progress, **options)
    if form == "json":
        print_json(vars(found))
    elif form != "table":
        print_rows(found.table(), form)
    else:
        _show(found)
    likes = f"; likes predicted by {found.likes_run}" if found.likes_run else ""
    click.echo(f"written by {found.run or f'{found.decoder}, as published'}{likes}", err=True)


def _show(found: "Generated") -> None:
    import pyarrow as pa

    who = found.condition["username"] or found.condition["company"]
    click.echo(f"written by {found.decoder} for {who}, {found.condition['date']:%Y-%m-%d %H:%M}")
    for note in found.notes:
        click.echo(f"note: {note}")
    click.echo(f"expected of the account: {found.condition['expected_likes']:,.0f} likes")
    for post in found.posts:
        click.echo(f"\n{post['rank']}. {post['text']}")
        words = "word" if post["copied"] == 1 else "words"
        facts = [f"{post['copied']} {words} in a row from a neighbour"]
        if post["likes"] is not None:
            facts.insert(
                0,
                f"{post['likes']:,.0f} likes predicted ({post['low']:,.0f} to {post['high']:,.0f})",
            )
        click.secho(f"   {'; '.join(facts)}", dim=True)
    if found.left_out:
        told = ", ".join(f"{count} {reason}" for reason, count in found.left_out.items())
        click.echo(f"\ncandidates left out: {told}")
    if found.neighbours:
        columns = ["created_at", "username", "level", "why", "text"]
        table = pa.Table.from_pylist(found.neighbours).select(columns)
        print_rows(table, "table", title="\nneighbours that were given")


def _evaluation(found: "Evaluation") -> dict[str, Any]:
    plain = ("decoder", "split", "posts", "accounts", "signatures", "settings", "texts")
    tables = ("scores", "bits", "control")
    return {name: getattr(found, name) for name in plain} | {
        name: getattr(found, name).to_pylist() for name in tables
    }
