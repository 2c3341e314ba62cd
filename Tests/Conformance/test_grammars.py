"""Answers that are held to a grammar are of the grammar, as a matcher of our own notation-reader says."""

import openai
import pytest
from gbnf_matcher import Grammar
from references import GREETING

GRAMMARS = {
    "json": r'''
root   ::= object
value  ::= object | array | string | number | ("true" | "false" | "null") ws
object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
array  ::= "[" ws ( value ("," ws value)* )? "]" ws
string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) ){0,12} "\"" ws
number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]{1,4})? ws
ws     ::= | " " | "\n" [ \t]{0,20}
''',
    "arithmetic": r'''
root ::= (expr "=" ws num "\n"){1,3}
expr ::= term ([-+*/] term){0,3}   # no precedence
term ::= ident | num | "(" ws expr ")" ws
ident ::= [a-z] [a-z0-9_]{0,6} ws
num ::= [0-9]{1,4} ws
ws ::= [ \t\n]{0,2}
''',
    "list": r'''
root ::= item{1,4}
item ::= "- " [^\r\n\x0b\x0c\x85\u2028\u2029]{1,30} "\n"
''',
    "chess": r'''
root ::= (
    "1. " move " " move "\n"
    ([1-9] [0-9]? ". " move " " move "\n"){1,5}
)
move ::= (pawn | nonpawn | castle) [+#]?
nonpawn ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
pawn ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
castle ::= "O-O" "-O"?
''',
    "program": r'''
root ::= declaration{1,2}
declaration ::= type name "(" (type name)? ")" "{" statement{0,4} "}"
type ::= ("int" | "float" | "char") " "
name ::= [a-zA-Z_] [a-zA-Z_0-9]{0,8}
statement ::=
    type name ws "=" ws expression ";" |
    name ws "=" ws expression ";" |
    "return" ws expression ";" |
    "while" "(" condition ")" "{" statement{0,2} "}" |
    "//" [^\n]{0,20} "\n"
condition ::= expression ("<=" | "<" | "==" | "!=" | ">=" | ">") expression
expression ::= term (("+" | "-") term){0,3}
term ::= factor (("*" | "/") factor){0,2}
factor ::= name | [0-9]{1,5} | "-" factor | "(" expression ")" | name "(" expression ")"
ws ::= ([ \t\n]{1,3})?
''',
}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("name", GRAMMARS)
def test_an_answer_is_of_its_grammar(client, server, name, seed):
    reply = client.chat.completions.create(
        model=server.name,
        messages=GREETING,
        temperature=1,
        seed=seed,
        max_tokens=400,
        extra_body={"enable_thinking": False, "grammar": GRAMMARS[name]},
    )
    choice = reply.choices[0]
    if choice.finish_reason == "stop":
        assert Grammar(GRAMMARS[name]).matches(choice.message.content)


@pytest.mark.parametrize("field", [
    {"grammar": "root ::= [0-9]{3} | 'x'"}, {"ebnf": "root ::= [0-9]{3} | 'x'"},
    {"guided_grammar": "root ::= [0-9]{3} | 'x'"}, {"structured_outputs": {"grammar": "root ::= [0-9]{3} | 'x'"}},
])
def test_every_name_of_the_field_holds_the_answer(client, server, field):
    reply = client.chat.completions.create(
        model=server.name, messages=GREETING, seed=1, max_tokens=300, extra_body=field | {"thinking_budget": 20})
    content = reply.choices[0].message.content
    assert content == "x" or (len(content) == 3 and content.isdigit())


@pytest.mark.parametrize("grammar, told", [
    ("root ::= [a-", "line 1, column 10"),
    ("root ::= \"a\"\n  nothing", "line 2, column 3"),
    ("start: \"a\" | b\nb: /x/", "Lark"),
    ("root ::= \"a\" root", "no text"),
])
def test_a_grammar_that_is_not_understood_is_refused_with_its_place(client, server, grammar, told):
    with pytest.raises(openai.BadRequestError, match=told) as refused:
        client.chat.completions.create(model=server.name, messages=GREETING, extra_body={"grammar": grammar})
    assert refused.value.param == "grammar"
