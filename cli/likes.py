"""`heads fit likes`, `eval likes`, `predict likes` and `explain likes`."""

from typing import TYPE_CHECKING, Any

import click
from embedstore.cli.app import store_argument
from embedstore.cli.likes_options import (
    history_option,
    run_option,
    say_left_out,
    say_who,
    training_options,
)
from embedstore.cli.output import (
    format_option,
    human,
    print_json,
    print_rows,
    report_format_option,
)
from embedstore.cli.progress import watched
from embedstore.cli.reading_options import reading_options

if TYPE_CHECKING:
    import pyarrow as pa

    from embedstore.reading import ReadOptions


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
@training_options
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
    heads fit likes tweets.store --kpi likes,comments,shares
    heads fit likes tweets.store --kpi "likes / followers" --where "platform = 'instagram'"

    Of several counts by commas, each gets a head of its own.

    \b
    The two classic heads, by their settings:
      --model mlp --inputs text:distilbert --no-residual           [CLS] to a network
      --model mlp --inputs image:clip,text:clip --no-residual      CLIP image and text
    """
    import pyarrow as pa

    from heads.likes.card import NO_METRICS
    from heads.likes.fit import fit_kpis
    from heads.likes.task import Options

    how = {name: options.pop(name) for name in ("model_name", "augment", "seed")}
    kpis = [kpi.strip() for kpi in options.pop("kpi").split(",") if kpi.strip()]
    with watched() as progress:
        runs = fit_kpis(
            store, kpis, Options(**options), residual=not no_residual, progress=progress, **how
        )
    rows: list[dict[str, Any]] = []
    for kpi, run in zip(kpis, runs, strict=True):
        named = {"run": run.run_id} | ({"kpi": kpi} if len(runs) > 1 else {})
        scores = run.metrics
        rows += [
            named | {"metric": name, "value": value, "low": low, "high": high}
            for name, (value, low, high) in [
                *((k, v) for k, v in scores.items() if k not in NO_METRICS),
                (f"gain over {scores['gain']['over']}", scores["gain"]["log_rmse"]),
            ]
        ]
        overall = scores["intervals"][0]
        rows.append(
            named
            | {"metric": "coverage of 90%", "value": overall["coverage"]}
            | dict.fromkeys(("low", "high"))
        )
    print_rows(pa.Table.from_pylist(rows), form)
    for resampling in dict.fromkeys(run.metrics["resampling"] for run in runs):
        click.echo(f"95% bootstrap intervals by {resampling}", err=True)
    say_left_out(scores, options["where"])
    if options["after"] is not None:
        lacking = f"{scores['without_count']:,} posts left out without a reading near enough to"
        click.echo(f"{lacking} {options['after']} after posting", err=True)
    if len(runs) > 1:
        click.echo(f"{runs[0].run_id} ({kpis[0]}) answers where no head is named", err=True)
    for run in runs:
        click.echo(f"model card: {run.folder / 'card.md'}", err=True)


@click.command("likes")
@store_argument
@training_options
@format_option
def evaluate_likes(store: str, form: str, **options: Any) -> None:
    """Fit and score every model beside its baselines on STORE.

    \b
    heads eval likes tweets.store --split time:2020-01-01
    heads eval likes tweets.store --split company:1/5 --format csv
    heads eval likes tweets.store --where "likes <= 100"

    Figures are of log1p counts where their name begins with log, of counts otherwise,
    each with a 95% bootstrap interval by account, or by blocks of time where accounts are
    fewer than 10. A gain is paired, in log1p RMSE. If the interval contains 0, the head is
    not better than the baseline. csv and json have every metric of every model.

    With --where and without --split, networks on vectors alone and the stack learn from the
    chosen posts and are scored on such posts, split at random and in time.
    """
    if options["where"] is not None and options["split"] is None:
        _evaluate_selected(store, form, options)
        return
    import pyarrow as pa

    from heads.likes.evaluate import evaluate_likes as evaluate_ladder
    from heads.likes.ladder import MODES

    with watched() as progress:
        found = evaluate_ladder(store, progress=progress, **options)
    say_left_out(vars(found), options["where"])
    if form == "json":
        print_json(
            {name: getattr(found, name) for name in ("split", "posts", "accounts", "resampling")}
            | {
                name: getattr(found, name).to_pylist()
                for name in ("rungs", "intervals", "bands", "few", "pairs", "chances")
            }
        )
    elif form != "table":
        print_rows(found.rungs, form)
    else:
        click.echo(f"{found.split}: {found.posts:,} posts of {found.accounts:,} accounts scored")
        click.echo(f"95% bootstrap intervals by {found.resampling}")
        for history in MODES:
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
        for history in MODES:
            title = f"\nwhere the stack's 90% intervals and means hold, history {history}"
            print_rows(found.band_summary(history), "table", title=title)
        print_rows(found.few, "table", title="\nposts of at most 100")
        for when in ("as posted", "equal"):
            title = f"\nshare of pairs whose better post is picked, times {when}"
            if (pairs := found.pair_summary(when)).num_rows:
                print_rows(pairs, "table", title=title)
        if found.chances.num_rows:
            title = "\nthe stack's chances that the likelier post does better; error: calibration"
            print_rows(found.chances, "table", title=title)


def _evaluate_selected(store: str, form: str, options: dict[str, Any]) -> None:
    """Print how models do that learn from chosen posts, split at random and in time."""
    from heads.likes.selected import evaluate_selected
    from heads.likes.task import Options

    seed, augment = options.pop("seed"), options.pop("augment")
    if augment is not None:
        raise click.UsageError("--augment goes with --split")
    with watched() as progress:
        found = evaluate_selected(store, Options(**options), seed=seed, progress=progress)
    print_rows(_with_brackets(found.rungs) if form == "table" else found.rungs, form)
    click.echo(f"counts, with 95% bootstrap intervals by {found.resampling}", err=True)
    say_left_out(vars(found), options["where"])


def _with_brackets(rows: "pa.Table") -> "pa.Table":
    """Put each figure's interval behind it."""
    import pyarrow as pa

    from heads.cards import number

    shown: list[dict[str, Any]] = []
    for row in rows.to_pylist():
        for name in ("mae", "r2"):
            value, low, high = (
                number(row.pop(key), 3) for key in (name, f"{name}_low", f"{name}_high")
            )
            row[name] = value if low == "–" else f"{value} [{low}, {high}]"
        shown.append({name: row[name] for name in ("split", "rung", "posts", "mae", "r2", "note")})
    return pa.Table.from_pylist(shown)


@click.command("likes")
@store_argument
@click.argument("posts", nargs=-1)
@run_option
@history_option
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
    say_who(rows)


@click.command("likes")
@store_argument
@click.option("--post", required=True, metavar="KEY", help="source:id, or id where it is unique.")
@run_option
@history_option
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
