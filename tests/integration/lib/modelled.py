"""Installations whose assistant asks a model, and what tests ask and see of it."""

import pytest

from lib.fixtures import make_site
from lib.model import Model
from lib.process import free_port

SORRY = ("I'm sorry, I can't answer right now. Our support team can help you: press the button "
         "below.")
PERSON = ("I understand you'd like to speak with a person. Let me connect you with our support team: "
          "press the button below.")


class Models:
    def __init__(self):
        self.all = []

    async def __call__(self, answer=None, **more):
        model = Model()
        if answer is not None:
            model.answer = answer
        self.all.append(model)
        return await model.start(**more)

    async def aclose(self):
        for model in self.all:
            await model.aclose()


@pytest.fixture
def models():
    return Models()


PORT = free_port()
SETTINGS = {"mode": "openai", "url": f"http://127.0.0.1:{PORT}/v1", "model": "test"}


def shared(tmp_path_factory, **more):
    site = make_site(tmp_path_factory, "model", {"assistant": {**SETTINGS, **more}})
    try:
        yield site.start()
    finally:
        site.stop()


@pytest.fixture(scope="session")
def patient_site(tmp_path_factory):
    yield from shared(tmp_path_factory)


@pytest.fixture(scope="session")
def hasty_site(tmp_path_factory):
    yield from shared(tmp_path_factory, first_token_timeout=1, total_timeout=2)


class Pair:
    """An installation that tests share, and the model of this test."""

    def __init__(self, site):
        self.site = site
        self.models = Models()

    async def __call__(self, answer=None):
        return self.site, await self.models(answer, port=PORT)

    async def aclose(self):
        await self.site.aclose()
        await self.models.aclose()


@pytest.fixture
def patient(patient_site):
    return Pair(patient_site)


@pytest.fixture
def hasty(hasty_site):
    return Pair(hasty_site)


def from_assistant(e):
    return e.payload["role"] == "ASSISTANT"


async def ask(customer, text="What do you sell?"):
    """The stream on which the answer comes."""
    stream = await customer.stream()
    (await customer.post(text)).ok()
    return stream


async def answer_of(stream, after=0, deadline=None):
    return (await stream.event("message", from_assistant, after, deadline)).payload


def deltas(stream):
    return [e for e in stream.events if e.name == "ai_delta"]


def told(stream):
    return "".join(e.payload["text"] for e in deltas(stream))


def offers(message):
    return [a["type"] for a in message.get("actions") or []] == ["escalate"]
