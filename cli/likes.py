"""`heads fit likes`, `eval likes`, `predict likes`, `explain likes` and `heads rank`."""

from pathlib import Path
from typing import Any

import click
from embedstore.cli.app import store_argument
from embedstore.cli.output import format_option, print_json, print_rows, report_format_option
from embedstore.cli.progress import bars
from embedstore.cli.timestamp import TIMESTAMP

INPUTS = "history,time,form,text[:SPACE],image[:SPACE],neighbours,profile"


def _training_options(function: Any) -> Any:
    options = [
        click.option(
            "--kpi",
            type=click.Choice(["likes", "comments", "shares", "quotes", "views"]),
            default="likes",
            show_default=True,
            help="What to predict.",
        ),
        click.option("--inputs", help=f"What to look at: {INPUTS}.  [default: all the store has]"),
        click.option(
            "--split",
            help="time:DATE, company:FOLD/5, fewshot:K or random:SEED."
            "  [default: the latest fifth is held out]",
        ),
        click.option(
            "--label-delay",
            type=click.FloatRange(min=0),
            default=0.0,
            metavar="DAYS",
            help="Days until a post's count is known.  [default: 0]",
        ),
        click.option(
            "--profile",
            type=click.Path(exists=True, dir_okay=False),
            help="CSV of account facts: username and numbers.",
        ),
        click.option(
            "--augment",
            metavar="text|image",
            help="Learn from reworded texts or varied pictures too (encoded once); both by a"
            " comma.  [default: neither]",
        ),
        click.option("--seed", default=0, show_default=True, help="The same seed, the same head."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


_run_option = click.option("--run", help="Which head.  [default: the newest]")


_history_option = click.option(
    "--history",
    type=click.Choice(["online", "frozen"]),
    default="online",
    show_default=True,
    help="May labels since the head was trained be used?",
)


@click.command("likes")
@store_argument
@click.option(
    "--model",
    "model_name",
    type=click.Choice(["stack", "lgbm", "mlp"]),
    default="stack",
    show_default=True,
    help="stack: trees and a network on a causal Gaussian process; lgbm, mlp: one alone.",
)
@_training_options
@click.option(
    "--no-residual", is_flag=True, help="Learn the label itself, not what the account leaves open."
)
@format_option
def fit_likes(store: str, no_residual: bool, form: str, **options: Any) -> None:
    """Train a head that predicts likes, and keep it in STORE.

    \b
    The two classic heads, by their settings:
      --model mlp --inputs text:distilbert --no-residual           [CLS] to a network
      --model mlp --inputs image:clip,text:clip --no-residual      CLIP image and text
    """
    import pyarrow as pa

    from embedstore.store import Store
    from heads.likes.fit import fit_likes as fit_head

    with bars() as progress:
        run = fit_head(Store(store), residual=not no_residual, progress=progress, **options)
    scores = run.metrics
    rows = [
        {"run": run.run_id, "metric": name, "value": value, "low": low, "high": high}
        for name, (value, low, high) in [
            *((k, v) for k, v in scores.items() if k not in ("gain", "intervals", "resampling")),
            (f"gain over {scores['gain']['over']}", scores["gain"]["log_rmse"]),
        ]
    ]
    overall = scores["intervals"][0]
    rows.append(
        {"run": run.run_id, "metric": "coverage of 90%", "value": overall["coverage"]}
        | dict.fromkeys(("low", "high"))
    )
    print_rows(pa.Table.from_pylist(rows), form)
    click.echo(f"95% bootstrap intervals by {scores['resampling']}", err=True)
    click.echo(f"model card: {run.folder / 'card.md'}", err=True)


@click.command("likes")
@store_argument
@_training_options
@format_option
def evaluate_likes(store: str, form: str, **options: Any) -> None:
    """Fit and score every model beside its baselines on STORE.

    Figures are of log1p counts where their name begins with log, of counts otherwise,
    each with a 95% bootstrap interval by account, or by blocks of time where accounts are
    fewer than 10. A gain is paired, in log1p RMSE. If the interval contains 0, the head is
    not better than the baseline. csv and json have every metric of every model.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from embedstore.store import Store
    from heads.likes.evaluate import evaluate_likes as evaluate_ladder

    with bars() as progress:
        found = evaluate_ladder(Store(store), progress=progress, **options)
    if form == "json":
        print_json(
            {name: getattr(found, name) for name in ("split", "posts", "accounts", "resampling")}
            | {
                name: getattr(found, name).to_pylist()
                for name in ("rungs", "intervals", "few", "pairs", "chances")
            }
        )
    elif form != "table":
        print_rows(found.rungs, form)
    else:
        click.echo(f"{found.split}: {found.posts:,} posts of {found.accounts:,} accounts scored")
        click.echo(f"95% bootstrap intervals by {found.resampling}")
        for history in ("online", "frozen"):
            table = found.summary(history, ("log_rmse", "log_r2", "spearman", "gain"))
            print_rows(table, "table", title=f"\nlog1p, history {history}")
        intervals = found.summary("online", ("coverage", "width"))
        print_rows(intervals, "table", title="\n90% intervals, log1p, history online")
        counts = found.summary("online", ("mae", "median_error", "r2", "total_ratio"))
        print_rows(counts, "table", title="\ncounts, history online")
        more = [
            {key: row[key] for key in ("rung", "metric", "history", "value", "low", "high")}
            for row in found.rungs.to_pylist()
            if row["metric"].startswith(("gain over", "mean's", "without"))
        ]
        print_rows(pa.Table.from_pylist(more), "table", title="\nthe stack beside others")
        of_stack = pc.equal(found.intervals["rung"], "stack")
        bands = found.intervals.filter(of_stack).drop_columns("rung")
        title = "\nthe stack's intervals by fifth of predicted level, 0 for all"
        print_rows(bands, "table", title=title)
        print_rows(found.few, "table", title="\nposts of at most 100")
        for when in ("as posted", "equal"):
            title = f"\nshare of pairs whose better post is picked, times {when}"
            if (pairs := found.pair_summary(when)).num_rows:
                print_rows(pairs, "table", title=title)
        if found.chances.num_rows:
            title = "\nthe stack's chances that the likelier post does better; error: calibration"
            print_rows(found.chances, "table", title=title)


@click.command("likes")
@store_argument
@click.argument("posts", nargs=-1)
@_run_option
@_history_option
@click.option("--where", help="SQL condition on the columns of posts; for stored posts.")
@click.option(
    "--images",
    type=click.Choice(["fetch", "local", "none"]),
    default="fetch",
    show_default=True,
    help="Pictures of new posts, for a head that looks at pictures.",
)
@click.option("--save", is_flag=True, help="Also write them to the table predictions.")
@format_option
def predict_likes(
    store: str,
    posts: tuple[str, ...],
    run: str | None,
    history: Any,
    where: str | None,
    images: Any,
    save: bool,
    form: str,
) -> None:
    """Predict likes of the posts in STORE, or of new ones in files POSTS.

    Prints the median, the mean and a 90% interval in counts, and which inputs a post lacks.
    """
    from embedstore.store import Store
    from heads.likes.predict import predict_likes as predict_head

    rows = predict_head(
        Store(store),
        list(posts) or None,
        run=run,
        history=history,
        where=where,
        images=images,
        save=save,
    )
    print_rows(rows, form)


@click.command()
@store_argument
@click.argument("drafts", type=click.Path(exists=True, dir_okay=False))
@click.option("--username", required=True, help="The account that would post.")
@click.option(
    "--date",
    required=True,
    type=TIMESTAMP,
    help="When, UTC.",
)
@click.option(
    "--image",
    type=click.Path(exists=True, dir_okay=False),
    help="A picture that would go with each of them.",
)
@_run_option
@_history_option
@format_option
def rank(store: str, drafts: str, form: str, **options: Any) -> None:
    """Order drafts, one a line of the file DRAFTS, by the likes they would get."""
    from embedstore.store import Store
    from heads.likes.rank import rank_likes, verdict

    lines = Path(drafts).read_text(encoding="utf-8").splitlines()
    ranked = rank_likes(Store(store), lines, **options)
    print_rows(ranked, form)
    click.echo(verdict(ranked), err=True)


@click.command("likes")
@store_argument
@click.option("--post", required=True, metavar="KEY", help="source:id, or id where it is unique.")
@_run_option
@_history_option
@report_format_option
def explain_likes(store: str, post: str, run: str | None, history: Any, form: str) -> None:
    """Say what one post's prediction rests on: associations in past data, not causes."""
    from embedstore.store import Store
    from heads.likes.explain import explain_likes as explain_head

    found = explain_head(Store(store), post, run=run, history=history)
    if form == "json":
        print_json(
            {"predicted": found.predicted}
            | {
                name: getattr(found, name).to_pylist()
                for name in ("groups", "words", "effects", "posts")
            }
        )
        return
    click.echo(f"predicted log1p: {found.predicted:.4f}; below, what goes with it in past data")
    print_rows(found.groups, "table", title="\ncontributions, which add up to it")
    print_rows(found.words, "table", title="\nhow much the prediction is lower without a word")
    if found.effects.num_rows:
        title = "\nhow much more posts with a word got than their account's level"
        print_rows(found.effects, "table", title=title)
    print_rows(found.posts, "table", title="\nearlier posts that speak for it and against")
