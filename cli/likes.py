"""`heads fit likes`, `eval likes`, `predict likes`, `explain likes` and `heads rank`."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click
from embedstore.cli.app import store_argument
from embedstore.cli.output import (
    format_option,
    human,
    print_json,
    print_rows,
    report_format_option,
)
from embedstore.cli.progress import watched
from embedstore.cli.reading_options import reading_options
from embedstore.cli.terminal import visible
from embedstore.cli.timestamp import TIMESTAMP

if TYPE_CHECKING:
    import pyarrow as pa

    from embedstore.reading import ReadOptions

INPUTS = "history,time,form,text[:SPACE],image[:SPACE],neighbours,profile"


def _training_options(function: Any) -> Any:
    options = [
        click.option(
            "--kpi",
            default="likes",
            show_default=True,
            help="What to predict: likes, comments, shares, quotes, views, bookmarks, impressions,"
            " reach, clicks, video_views, or extra.NAME for a number in the column extra.",
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
            "--after",
            metavar="TIME",
            help="Predict the count so long after posting, such as 24h, 90m or 7d, from the"
            " readings in observations.  [default: the latest count]",
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
        click.option(
            "--reposts",
            is_flag=True,
            help="Keep reposts, which carry the likes of their author.  [default: left out]",
        ),
        click.option("--seed", default=0, show_default=True, help="The same seed, the same head."),
    ]
    for option in reversed(options):
        function = option(function)
    return function


_run_option = click.option("--run", help="Which head.  [default: the pinned one, else the newest]")


_history_option = click.option(
    "--history",
    type=click.Choice(["online", "frozen"]),
    default="online",
    show_default=True,
    help="May labels since the head was trained be used?",
)


def _say_left_out(reposts: int) -> None:
    """Say how many reposts a head doesn't look at."""
    if reposts:
        click.echo(f"{reposts:,} reposts left out (--reposts keeps them)", err=True)


def _say_who(rows: "pa.Table") -> None:
    """Say on stderr which head a table of answers is from."""
    said = {key.decode(): value.decode() for key, value in (rows.schema.metadata or {}).items()}
    click.echo(visible("answered by {run}: {model} of {kpi} on {inputs}".format(**said)), err=True)
    if said["missing"]:
        click.echo(f"missing for some or all: {said['missing']}", err=True)


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
    heads fit likes tweets.store --split time:2020-01-01
    heads fit likes tweets.store --kpi extra.saves --inputs history,time,text
    heads fit likes tweets.store --after 24h

    \b
    The two classic heads, by their settings:
      --model mlp --inputs text:distilbert --no-residual           [CLS] to a network
      --model mlp --inputs image:clip,text:clip --no-residual      CLIP image and text
    """
    import pyarrow as pa

    from heads.likes.card import NO_METRICS
    from heads.likes.fit import fit_likes as fit_head

    with watched() as progress:
        run = fit_head(store, residual=not no_residual, progress=progress, **options)
    scores = run.metrics
    rows = [
        {"run": run.run_id, "metric": name, "value": value, "low": low, "high": high}
        for name, (value, low, high) in [
            *((k, v) for k, v in scores.items() if k not in NO_METRICS),
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
    _say_left_out(scores["reposts_left_out"])
    if options["after"] is not None:
        lacking = f"{scores['without_count']:,} posts left out without a reading near enough to"
        click.echo(f"{lacking} {options['after']} after posting", err=True)
    click.echo(f"model card: {run.folder / 'card.md'}", err=True)


@click.command("likes")
@store_argument
@_training_options
@format_option
def evaluate_likes(store: str, form: str, **options: Any) -> None:
    """Fit and score every model beside its baselines on STORE.

    \b
    heads eval likes tweets.store --split time:2020-01-01
    heads eval likes tweets.store --split company:1/5 --format csv

    Figures are of log1p counts where their name begins with log, of counts otherwise,
    each with a 95% bootstrap interval by account, or by blocks of time where accounts are
    fewer than 10. A gain is paired, in log1p RMSE. If the interval contains 0, the head is
    not better than the baseline. csv and json have every metric of every model.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    from heads.likes.evaluate import evaluate_likes as evaluate_ladder

    with watched() as progress:
        found = evaluate_ladder(store, progress=progress, **options)
    _say_left_out(found.reposts_left_out)
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
@reading_options
@click.option("--save", is_flag=True, help="Also write them to the table predictions.")
@format_option
def predict_likes(
    store: str,
    posts: tuple[str, ...],
    run: str | None,
    history: Any,
    where: str | None,
    images: Any,
    read: "ReadOptions",
    save: bool,
    form: str,
) -> None:
    """Predict likes of the posts in STORE, or of new ones in files POSTS.

    \b
    heads predict likes tweets.store --where "created_at >= '2020-01-01'" --save
    heads predict likes tweets.store drafts.csv --format csv
    heads predict likes tweets.store plan.xlsx --sheet May --set username=acme --id auto
    heads predict likes tweets.store plan.csv --map text=body --date-format day-first

    Prints the median, the mean and a 90% interval in counts, and which inputs a post lacks.
    """
    from heads.likes.predict import predict_likes as predict_head

    rows = predict_head(
        store,
        list(posts) or None,
        run=run,
        history=history,
        where=where,
        images=images,
        read=read,
        save=save,
    )
    print_rows(rows, form)
    _say_who(rows)


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
    """Order drafts, one a line of the file DRAFTS, by the likes they would get.

    \b
    heads rank tweets.store drafts.txt --username CNN --date "2020-06-15 18:00"
    heads rank tweets.store drafts.txt --username CNN --date 2020-06-15 --image cup.jpg
    """
    from heads.likes.rank import rank_likes, verdict

    rows = rank_likes(store, _lines(Path(drafts)), **options)
    print_rows(rows, form)
    click.echo(verdict(rows), err=True)
    _say_who(rows)


def _lines(file: Path) -> list[str]:
    """Read the lines of a text file.

    Raises
    ------
    InputError
        It is no UTF-8.
    """
    from embedstore.errors import InputError

    data = file.read_bytes()
    try:
        return data.decode("utf-8-sig").splitlines()
    except UnicodeDecodeError as error:
        line = data[: error.start].count(b"\n") + 1
        raise InputError(f"{file}, line {line} is not UTF-8: save the drafts as UTF-8") from error


@click.command("likes")
@store_argument
@click.option("--post", required=True, metavar="KEY", help="source:id, or id where it is unique.")
@_run_option
@_history_option
@report_format_option
def explain_likes(store: str, post: str, run: str | None, history: Any, form: str) -> None:
    """Say what one post's prediction rests on: associations in past data, not causes.

    \b
    heads explain likes tweets.store --post train:42
    """
    from heads.likes.explain import explain_likes as explain_head

    found = explain_head(store, post, run=run, history=history)
    if form == "json":
        print_json(
            {"predicted": found.predicted, "likes": found.likes, "run": found.run}
            | {
                name: getattr(found, name).to_pylist()
                for name in ("groups", "words", "effects", "posts")
            }
        )
        return
    click.echo(
        f"predicted: {human(found.likes)} likes (log1p {found.predicted:.4f}); below, what goes"
        " with it in past data,\nin log1p, and as what it multiplies likes by (times)"
    )
    print_rows(found.groups, "table", title="\ncontributions, which add up to it")
    print_rows(found.words, "table", title="\nhow much the prediction is lower without a word")
    if found.effects.num_rows:
        title = "\nhow much more posts with a word got than their account's level"
        print_rows(found.effects, "table", title=title)
    print_rows(found.posts, "table", title="\nearlier posts that speak for it and against")
    click.echo(f"answered by {found.run}", err=True)
