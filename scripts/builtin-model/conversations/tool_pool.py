"""Tools that conversations declare: put together from verbs, things and parameters, and a few well-known ones."""

import json
from dataclasses import dataclass

from .words import city, english_word, proper_name

VERBS = {
    "get": "Get", "find": "Find", "search": "Search for", "book": "Book", "order": "Order", "cancel": "Cancel",
    "create": "Create", "delete": "Delete", "update": "Update", "send": "Send", "open": "Open", "close": "Close",
    "start": "Start", "stop": "Stop", "check": "Check", "list": "List", "show": "Show", "play": "Play",
    "reserve": "Reserve", "track": "Track", "rent": "Rent", "print": "Print", "share": "Share", "save": "Save",
    "schedule": "Schedule", "fetch": "Fetch", "add": "Add", "remove": "Remove", "lock": "Lock", "download": "Download",
}
THINGS = ("weather forecast flight hotel table train taxi ticket movie song playlist recipe meeting event reminder alarm timer "
          "email message invoice order parcel account balance file folder report photo lamp door window heating camera robot car "
          "bike room course lesson book article news map route game score team match stock price task note contact document "
          "backup server package printer lock garden pool album video channel survey project budget salary bill payment coupon "
          "traffic air_quality exchange_rate calendar user_profile shopping_list star_sign bus_stop bank_branch").split()
TEXTS = ["See you at five", "Happy birthday", "I am late", "Call me back", "Lunch is ready", "Buy milk", "Pay the rent",
         "The meeting moved", "Thanks for the help", "Water the plants", "Good luck", "Read chapter two", "Bring the keys",
         "Where are you", "All is well", "Come home soon", "Feed the cat", "Check the oven", "Call the doctor", "Send the report"]
LANGUAGES = "English Spanish French German Italian Portuguese Russian Japanese Chinese Arabic Korean Dutch Greek".split()
CURRENCIES = "USD EUR GBP JPY CHF CNY INR BRL CAD AUD SEK".split()
UNITS = ["celsius", "fahrenheit", "metric", "imperial"]
MONTHS = "January February March April May June July August September October November December".split()


def day(source):
    if source.chance(0.5):
        return f"{source.randint(2024, 2029)}-{source.randint(1, 12):02}-{source.randint(1, 28):02}"
    return source.choice(("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday", "today", "tomorrow",
                          f"{source.choice(MONTHS)} {source.randint(1, 28)}", f"{source.randint(1, 28)} {source.choice(MONTHS)}"))


def clock(source):
    return source.choice((f"{source.randint(0, 23):02}:{source.choice(('00', '15', '30', '45'))}", f"{source.randint(1, 12)} pm",
                          f"{source.randint(1, 12)} am"))


def text(source):
    if source.chance(0.5):
        return source.choice(TEXTS)
    return " ".join(english_word(source, 9) for _ in range(source.randint(1, 4))).capitalize()


def topic(source):
    return " ".join(english_word(source, 10) for _ in range(source.choice((1, 1, 2))))


def whole(source):
    return source.randint(2, 9) if source.chance(0.4) else source.randint(10, 500)


def code(source):
    return "".join(source.choice("ABCDEFGHJKLMNPQRSTUVWXYZ") for _ in range(2)) + str(source.randint(10, 9999))


# Kind of parameter → names it goes by, how a user says it, JSON type, what makes a value, descriptions.
PARAMETERS = {
    "city": (("city", "location", "place", "town"), ("in {v}",), "string", city, ("The city", "City name", "Where")),
    "origin": (("origin", "from", "start", "from_city"), ("from {v}",), "string", city, ("Where it starts", "Start city")),
    "target": (("destination", "to", "end", "to_city"), ("to {v}",), "string", city, ("Where it goes", "Target city")),
    "day": (("date", "day", "when"), ("on {v}", "on {v}", "dated {v}"), "string", day, ("The date", "Which day", "Date or day")),
    "clock": (("time", "hour", "at_time"), ("at {v}",), "string", clock, ("The time", "Time of day")),
    "person": (("name", "person", "customer", "user", "recipient"), ("for {v}", "for {v}", "named {v}"), "string", proper_name,
               ("Name of the person", "Who", "The person's name")),
    "count": (("count", "quantity", "limit", "amount"), ("with {p} {v}", "{p} {v}", "with a {p} of {v}"), "integer", whole,
              ("How many", "The number", "Number of items")),
    "people": (("people", "guests", "persons", "party_size"), ("for {v} people", "for {v} guests"), "integer", whole,
               ("How many people", "Number of people")),
    "days": (("days", "duration_days", "nights"), ("for {v} days",), "integer", whole, ("Number of days", "How many days")),
    "minutes": (("minutes", "duration", "duration_minutes"), ("for {v} minutes",), "integer", whole, ("Length in minutes", "Minutes")),
    "money": (("price", "budget", "max_price", "total"), ("for {v} dollars", "under {v} dollars"), "number", whole,
              ("Price in dollars", "Money")),
    "text": (("message", "text", "title", "note", "subject", "body"), ('with the {p} "{v}"', 'with {p} "{v}"', 'saying "{v}"'), "string",
             text, ("The text", "What to write", "Content")),
    "topic": (("query", "topic", "keyword", "search_term"), ("about {v}", "on {v}", 'about "{v}"'), "string", topic,
              ("What to look for", "Search words")),
    "language": (("language", "lang", "target_language"), ("in {v}",), "string", lambda source: source.choice(LANGUAGES), ("The language",)),
    "code": (("id", "code", "reference", "order_id", "number_plate"), ("with {p} {v}", "{v}", "number {v}"), "string", code,
             ("The identifier", "Reference code")),
    "unit": (("unit", "units"), ("in {v}",), "string", lambda source: source.choice(UNITS), ("Unit of the result",)),
    "number_id": (("id", "account_id", "ticket_id", "user_id"), ("with {p} {v}", "number {v}"), "integer",
                  lambda source: source.randint(10, 99999), ("The identifier", "Numeric id")),
}
CLASHES = [{"code", "number_id"}, {"days", "minutes"}]


REMARKS = ["Returns JSON.", "The result is always up to date.", "Only works during the day.", "Call it once.", "It may be slow.",
           "Needs no account.", "The result is a short text.", "Use it when the user asks for it."]


@dataclass
class Tool:
    name: str
    action: str                 # what the user asks for: "get the weather"
    description: str
    parameters: list            # (name, kind, required)
    asks: list = None           # own ways of asking, with {name} for each parameter
    words: tuple = ()           # verb and thing

    def declaration(self, source):
        properties = {}
        for name, kind, _ in self.parameters:
            _, _, json_type, _, descriptions = PARAMETERS[kind]
            properties[name] = {"type": json_type}
            if kind == "unit":
                properties[name]["enum"] = UNITS
            if source.chance(0.7):
                properties[name]["description"] = source.choice(descriptions)
        parameters = {"type": "object", "properties": properties}
        if required := [name for name, _, required in self.parameters if required] or source.chance(0.3):
            parameters["required"] = required if isinstance(required, list) else []
        function = {"name": self.name}
        if source.chance(0.92):
            function["description"] = self.description + (" " + source.choice(REMARKS) if source.chance(0.12) else "")
        if source.chance(0.06):
            parameters["additionalProperties"] = False
        function["parameters"] = parameters
        return {"type": "function", "function": function}

    def values(self, source):
        return {name: PARAMETERS[kind][3](source) for name, kind, required in self.parameters if required or source.chance(0.6)}


def styled(source, words):
    luck = source.random()
    if luck < 0.7:
        return "_".join(words)
    if luck < 0.85:
        return words[0] + "".join(word.capitalize() for word in words[1:])
    return "-".join(words) if luck < 0.93 else "".join(word.capitalize() for word in words)


def composed(source, verb=None, thing=None):
    """A tool whose verb and thing, taken together, are of this side."""
    verb, thing = source.draw(lambda: (verb or source.choice(list(VERBS)), thing or source.choice(THINGS)),
                              lambda pair: ("tool", *pair)) if not (verb and thing) else (verb, thing)
    spoken = thing.replace("_", " ")
    kinds = source.sample(list(PARAMETERS), source.choice((0, 1, 1, 1, 2, 2, 2, 3, 3, 4)))
    for clash in CLASHES:
        if clash <= set(kinds):
            kinds.remove(sorted(clash)[0])
    parameters, taken = [], set()
    for kind in kinds:
        name = source.choice(PARAMETERS[kind][0])
        if name not in taken:
            taken.add(name)
            parameters.append((name, kind, source.chance(0.75)))
    description = source.choice(("{V} the {t}.", "{V} a {t}", "{V} the {t}", "{V} the {t} and return the result.",
                                 "Use this to {v} the {t}.", "{V} {t}")).format(V=VERBS[verb], v=VERBS[verb].lower(), t=spoken)
    return Tool(styled(source, [verb, *thing.split("_")]), f"{VERBS[verb].lower()} the {spoken}", description, parameters,
                words=(verb, thing))


def relative(source, tool_words):
    """A tool that shares a verb or a thing with another: easily mistaken for it."""
    verb, thing = tool_words
    for _ in range(20):
        other = (verb, source.choice(THINGS)) if source.chance(0.5) else (source.choice(list(VERBS)), thing)
        if other != tool_words and source.admits("tool", *other):
            return composed(source, *other)
    return composed(source)


def known(source):
    """One of the tools that everybody declares first."""
    place = source.choice(("city", "location", "city"))
    choices = [
        Tool(source.choice(("get_weather", "get_current_weather", "weather", "get_current_temperature", "get_forecast")),
             "get the weather",
             source.choice(("Get the current weather", "Get the weather of a city.", "Current weather for a location",
                            "Get the current temperature at a location.")),
             [(place, "city", True)] + ([("unit", "unit", False)] if source.chance(0.4) else []),
             ["What is the weather in {%s}?" % place, "What's the weather like in {%s}?" % place, "How is the weather in {%s}?" % place,
              "weather in {%s}" % place, "What is the weather like in {%s} today?" % place, "Is it raining in {%s}?" % place,
              "How warm is it in {%s}?" % place, "What is the temperature in {%s}?" % place]),
        Tool(source.choice(("get_time", "get_current_time", "current_time")), "get the time", "Get the current time in a city",
             [(place, "city", True)], ["What time is it in {%s}?" % place, "What's the time in {%s}?" % place, "Current time in {%s}?" % place]),
        Tool(source.choice(("search", "web_search", "search_web")), "search the web", "Search the web", [("query", "topic", True)],
             ["Search for {query}.", "Search the web for {query}.", "Look up {query}.", "Find something about {query} on the web.",
              "What is the news about {query}?"]),
        Tool("send_email", "send an email", "Send an email to somebody", [("to", "person", True), ("body", "text", True)],
             ['Send an email to {to} saying "{body}".', 'Write an email to {to}: "{body}"', 'Email {to}: "{body}"']),
        Tool("set_timer", "set a timer", "Set a timer", [("minutes", "minutes", True)],
             ["Set a timer for {minutes} minutes.", "Timer: {minutes} minutes", "Start a {minutes} minute timer."]),
        Tool("get_stock_price", "get a stock price", "Get the price of a stock", [("symbol", "code", True)],
             ["What is the stock price of {symbol}?", "How much is {symbol} worth?", "Price of {symbol}?"]),
        Tool("get_distance", "get a distance", "Distance between two cities", [("origin", "origin", True), ("destination", "target", True)],
             ["How far is it from {origin} to {destination}?", "What is the distance between {origin} and {destination}?"]),
        Tool("add_numbers", "add two numbers", "Add two numbers", [("a", "count", True), ("b", "count", True)],
             ["Use the tool to add {a} and {b}.", "Add {a} and {b} with the tool."]),
        Tool("create_reminder", "create a reminder", "Create a reminder", [("text", "text", True), ("time", "clock", True)],
             ['Remind me at {time}: "{text}"', 'Create a reminder at {time} saying "{text}".']),
    ]
    return source.choice(choices)


def dumped(value):
    """JSON as Qwen3's chat template writes it."""
    return json.dumps(value, ensure_ascii=False)
