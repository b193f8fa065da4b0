"""An assistant asks a store over the Model Context Protocol, with the official client."""

import json
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any, TypeVar

import anyio
import pytest
from embedstore.cli.studio.assistant import make_server
from mcp import Client

import embedstore

T = TypeVar("T")


def _run(call: Callable[[], Awaitable[T]]) -> T:
    """Run it in a thread of its own: a browser that other tests hold has a loop in this one."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(anyio.run, call).result()


def ask(path: Path, tool: str, **arguments: Any) -> tuple[bool, str]:
    """Call a tool; returns whether it is an error, and its text."""

    async def call() -> tuple[bool, str]:
        async with Client(make_server(path)) as client:
            found = await client.call_tool(tool, arguments)
            return bool(found.is_error), "".join(part.text for part in found.content)  # type: ignore[union-attr]

    return _run(call)


def test_the_tools_only_read_and_say_what_they_do(sample_store: Path) -> None:
    async def tools() -> Any:
        async with Client(make_server(sample_store)) as client:
            return (await client.list_tools()).tools

    found = _run(tools)
    assert {tool.name for tool in found} >= {"find_posts", "sql", "rank_drafts", "report"}
    assert all(tool.annotations.read_only_hint and tool.description for tool in found)
    assert "created_at" not in next(t for t in found if t.name == "sql").input_schema["properties"]


def test_posts_are_found_as_the_store_finds_them(sample_store: Path) -> None:
    failed, text = ask(sample_store, "find_posts", text="free coffee", k=3)
    assert not failed, text
    expected = embedstore.open(sample_store).similar(text="free coffee", k=3)["post_id"]
    assert [row["post_id"] for row in json.loads(text)["rows"]] == expected.to_pylist()


def test_drafts_are_ranked(sample_store: Path) -> None:
    account = embedstore.open(sample_store).sql("SELECT min(username) AS u FROM posts")["u"][0]
    failed, text = ask(
        sample_store,
        "rank_drafts",
        drafts=["one", "two"],
        username=account.as_py(),
        date="2024-01-01T10:00:00",
    )
    assert not failed, text
    assert len(json.loads(text)["rows"]) == 2


@pytest.mark.parametrize("query", ["DELETE FROM posts", "COPY posts TO 'x.csv'", "SELEC"])
def test_sql_that_may_not_run_is_an_error_with_its_reason(sample_store: Path, query: str) -> None:
    failed, text = ask(sample_store, "sql", query=query)
    assert failed
    assert query.split(" ")[0] in text
    assert str(sample_store.parent) not in text


def test_the_command_speaks_on_stdin_and_stdout(sample_store: Path) -> None:
    from mcp import StdioServerParameters
    from mcp.client.stdio import stdio_client

    command = "from embedstore.cli.program import embedstore; import sys;"
    command += f" sys.argv[1:] = ['mcp', {str(sample_store)!r}]; embedstore()"

    async def call() -> str:
        server = StdioServerParameters(
            command=sys.executable,
            args=["-c", "import embedstore; " + command],
            cwd=str(Path(__file__).parents[3]),
        )
        async with Client(stdio_client(server)) as client:
            found = await client.call_tool("info", {})
            return "".join(part.text for part in found.content)  # type: ignore[union-attr]

    assert json.loads(_run(call))["sources"][0]["posts"] > 0
