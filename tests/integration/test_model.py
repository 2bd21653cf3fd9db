"""The assistant that asks a language model: what it says is seen while it says it, and is one message
in the end."""

import asyncio

import pytest

from lib.model import Model


@pytest.fixture
def model():
    return Model()


def from_assistant(e):
    return e.payload["role"] == "ASSISTANT"


async def answer_of(stream):
    return (await stream.event("message", from_assistant)).payload


async def test_pieces_come_as_they_are_said_and_the_message_has_their_id(own_site, model):
    first, go_on = asyncio.Event(), asyncio.Event()

    async def in_two_pieces(x):
        await x.head()
        await x.piece("Hello, ")
        await go_on.wait()
        await x.piece("how are you?")
        await x.done()

    model.answer = in_two_pieces
    site = own_site((await model.start()).settings())
    customer = await site.customer()
    stream = await customer.stream()
    await customer.post("Good day to the model")
    delta = await stream.event("ai_delta")
    assert delta.id is None
    assert delta.json["channel"] == f"chat:{customer.chat}:ai_delta"
    assert delta.payload["text"] == "Hello, "
    assert [e["role"] for e in await customer.log()] == ["USER"]
    go_on.set()
    message = await answer_of(stream)
    assert message["content"] == "Hello, how are you?"
    assert message["id"] == delta.payload["messageId"]
    assert [e["content"] for e in await customer.log()] == ["Good day to the model",
                                                           "Hello, how are you?"]
