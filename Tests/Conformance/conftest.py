import openai
import pytest
from browser import WebPage, headless_browser
from endless_model import write_endless_model
from ponder_process import EXECUTABLE, FIXTURES, Ponder


def pytest_sessionstart(session):
    if not EXECUTABLE.exists():
        pytest.exit(f"{EXECUTABLE} is not there; `make build` makes it", returncode=2)


@pytest.fixture(scope="session")
def serve():
    """Starts a server for a model of the fixtures, once a session for the same arguments."""
    running = {}

    def start(model, *arguments):
        key = (model, *arguments)
        if key not in running:
            path = [FIXTURES / "models" / model] if model else []
            running[key] = Ponder(*path, *arguments)
        return running[key]

    yield start
    statuses = {key: server.stop() for key, server in running.items()}
    assert set(statuses.values()) <= {0}, f"exit statuses: {statuses}"


@pytest.fixture(scope="session")
def server(serve):
    """A dense checkpoint with a tiny tokenizer, for tests that need any model."""
    return serve("dense-tied/hf")


@pytest.fixture(scope="session")
def client(server):
    return openai.OpenAI(base_url=f"{server.url}/v1", api_key="unused", max_retries=0, timeout=60)


@pytest.fixture(scope="session")
def full_vocabulary(tmp_path_factory):
    """A checkpoint folder with the real vocabulary, in which the model may write any id."""
    folder = tmp_path_factory.mktemp("dense-fullvocab")
    for file in (FIXTURES / "models" / "dense-fullvocab" / "hf").iterdir():
        (folder / file.name).symlink_to(file)
    for name in ("tokenizer.json", "tokenizer_config.json"):
        (folder / name).symlink_to(FIXTURES / "qwen3" / name)
    return folder


@pytest.fixture(scope="session")
def endless_model(tmp_path_factory):
    """A checkpoint that never draws an end token, with a context so long that a reply goes on for as long as a test needs it."""
    folder = tmp_path_factory.mktemp("endless")
    write_endless_model(folder)
    return folder


@pytest.fixture(scope="session")
def slow_endless_model(tmp_path_factory):
    """The same for who reads along: some hundred tokens a second instead of thousands."""
    folder = tmp_path_factory.mktemp("slow-endless")
    write_endless_model(folder, depth=24)
    return folder


# For a module: while Playwright's loop runs, other tests cannot run loops of their own.
@pytest.fixture(scope="module")
def browser():
    with headless_browser() as browser:
        yield browser


@pytest.fixture(scope="session")
def built_in(serve):
    """The executable with its own model."""
    return serve(None)


@pytest.fixture(params=["engine", "server"])
def backend(request):
    """`ponder chat`'s flags for a model in the process, and for one behind a URL: everything must look the same."""
    return ("--url", request.getfixturevalue("built_in").url) if request.param == "server" else ()


@pytest.fixture
def open_page(browser, built_in):
    """Opens pages in browsers of their own. None may ask for anything from elsewhere, or break its own policy."""
    pages = []

    def open_one(path="/", at=built_in, init_script=None, expects_complaints=False, beside=None, **context):
        context = beside.context if beside else browser.new_context(**context)
        page = WebPage(context, at, path, init_script)
        pages.append((page, expects_complaints))
        return page

    yield open_one
    for page, expects_complaints in pages:
        assert page.outside_requests == []
        assert not [text for text in page.complaints if "Security Policy" in text or "TrustedHTML" in text]
        assert expects_complaints or page.complaints == []
    for context in {page.context for page, _ in pages}:
        context.close()


@pytest.fixture
def page(open_page):
    return open_page()
