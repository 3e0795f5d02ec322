"""The MCP client of the Python package `mcp`, led by a test: a line of JSON in, a line of JSON out (see ../README.md)."""

import json
import sys
from contextlib import AsyncExitStack

import anyio
import httpx2
from mcp.client.auth.utils import extract_resource_metadata_from_www_auth
from mcp.client.client import Client
from mcp.client.streamable_http import streamable_http_client
from mcp.shared.exceptions import MCPError


class Led:
    """One connection at a time."""

    def __init__(self, stack):
        self.stack = stack
        self.client = None

    async def connect(self, url, token, version="legacy"):
        await self.stack.aclose()
        headers = {"authorization": f"Bearer {token}"}
        http = await self.stack.enter_async_context(httpx2.AsyncClient(headers=headers, trust_env=False))
        self.client = Client(streamable_http_client(url, http_client=http), mode=version, read_timeout_seconds=20)
        await self.stack.enter_async_context(self.client)
        session = self.client.session
        return {"version": session.protocol_version, "server": session.server_info.name}

    async def list(self):
        tools = (await self.client.list_tools()).tools
        return {"tools": [tool.model_dump(by_alias=True, mode="json", exclude_none=True) for tool in tools]}

    async def call(self, name, arguments):
        # The package itself holds the answer against the schema that the tool has promised.
        result = await self.client.call_tool(name, arguments)
        text = "".join(piece.text for piece in result.content)
        return {"is_error": bool(result.is_error), "structured": result.structured_content, "text": text}

    async def challenge(self, url, token):
        """What the package finds in the refusal of a token."""
        async with httpx2.AsyncClient(trust_env=False) as http:
            response = await http.post(url, json={}, headers={"authorization": f"Bearer {token}"})
            address = extract_resource_metadata_from_www_auth(response)
            document = (await http.get(address)).json()
        return {"status": response.status_code, "address": address, "document": document}


def reasons(error):
    """What really went wrong, out of the groups in which task groups wrap it."""
    if isinstance(error, BaseExceptionGroup):
        return [reason for inner in error.exceptions for reason in reasons(inner)]
    return [error]


async def main():
    async with AsyncExitStack() as stack:
        led = Led(stack)
        while line := await anyio.to_thread.run_sync(sys.stdin.readline):
            command = json.loads(line)
            try:
                answer = await getattr(led, command.pop("do"))(**command)
            except (Exception, BaseExceptionGroup) as error:
                first = reasons(error)[0]
                code = first.code if isinstance(first, MCPError) else None
                answer = {"error": f"{type(first).__name__}: {first}", "code": code}
            print(json.dumps(answer), flush=True)


anyio.run(main)
