import Testing

@testable import ConstrainedDecoding

/// Grammars in llama.cpp's notation.
@Suite struct GBNFTests {
    static let json = #"""
        # any JSON object, as most grammars write it
        root   ::= object
        value  ::= object | array | string | number | ("true" | "false" | "null") ws
        object ::= "{" ws ( string ":" ws value ("," ws string ":" ws value)* )? "}" ws
        array  ::= "[" ws ( value ("," ws value)* )? "]" ws
        string ::= "\"" ( [^"\\\x7F\x00-\x1F] | "\\" (["\\bfnrt] | "u" [0-9a-fA-F]{4}) )* "\"" ws
        number ::= ("-"? ([0-9] | [1-9] [0-9]{0,15})) ("." [0-9]+)? ([eE] [-+]? [0-9] [1-9]{0,15})? ws
        ws     ::= | " " | "\n" [ \t]{0,20}
        """#
    private static let arithmetic = #"""
        root ::= (expr "=" ws num "\n")+
        expr ::= term ([-+*/] term)*
        term ::= ident | num | "(" ws expr ")" ws
        ident ::= [a-z] [a-z0-9_]* ws
        num ::= [0-9]+ ws
        ws ::= [ \t\n]*
        """#
    private static let list = #"""
        root ::= item+
        # no line feeds inside an item
        item ::= "- " [^\r\n\x0b\x0c\x85\u2028\u2029]+ "\n"
        """#
    private static let chess = #"""
        root ::= (
            # the first moves are numbered 1
            "1. " move " " move "\n"
            ([1-9] [0-9]? ". " move " " move "\n")+
        )
        move ::= (pawn | nonpawn | castle) [+#]?
        nonpawn ::= [NBKQR] [a-h]? [1-8]? "x"? [a-h] [1-8]
        pawn ::= ([a-h] "x")? [a-h] [1-8] ("=" [NBKQR])?
        castle ::= "O-O" "-O"?
        """#
    static let program = #"""
        root ::= declaration*
        declaration ::= type identifier "(" parameter? ")" "{" statement* "}"
        type ::= ("int" | "float" | "char") ws
        identifier ::= [a-zA-Z_] [a-zA-Z_0-9]*
        parameter ::= type identifier
        statement ::=
            type identifier ws "=" ws expression ";" |
            identifier ws "=" ws expression ";" |
            "return" ws expression ";" |
            "while" "(" condition ")" "{" statement* "}" |
            "//" [^\n]* "\n"
        condition ::= expression relation expression
        relation ::= "<=" | "<" | "==" | "!=" | ">=" | ">"
        expression ::= term (("+" | "-") term)*
        term ::= factor (("*" | "/") factor)*
        factor ::= identifier | [0-9]+ | "-" factor | "(" expression ")" | identifier "(" expression ")"
        ws ::= ([ \t\n]+)?
        """#

    @Test(
        arguments: [
            (
                json, [#"{}"#, #"{"a": [1, -2.5e+3, "x\u00e9\n", {"b":null}], "c":true}"#, "{\n\t}"],
                ["", "[]", #"{"a":01}"#, #"{ "a" :.1}"#, "{\"a\":\"\n\"}", #"{"a":1,}"#]
            ),
            (arithmetic, ["1=1\n", "(a_1+2 )*3= 4\n5=6\n"], ["1=1", "(1=1\n", "1+=2\n"]),
            (list, ["- a\n", "- é\u{1F600}\n- b c\n"], ["- \n", "- a", "a\n", "- a\u{85}\n"]),
            (
                chess, ["1. e4 e5\n2. Nf3 Nc6\n", "1. O-O-O exd8=Q+\n12. Rae1 Kxe1#\n"],
                ["1. e4 e5\n", "1. e9 e5\n2. a1 a2\n"]
            ),
            (
                program, ["", "int f(char x){int y = 3*(x+1);while(y<10){y=-y;}//done\nreturn y;}"],
                ["int f(){return;}", "int f(){y==1;}"]
            ),
        ] as [(String, [String], [String])])
    func `grammars match what they describe`(grammar: String, valid: [String], invalid: [String]) throws {
        #expect(try ConstraintDefinition.grammar(grammar).accepted(valid + invalid) == valid)
    }

    @Test(
        arguments: [
            ("root ::= 'a' \"\\u00e9\\x41\\U0001F600\\n\"", ["aéA\u{1F600}\n"], ["a"]),
            (#"root ::= [\]\-^a-c\\]+ "\"""#, ["]-^b\\\""], ["d\"", "\""]),
            ("root ::= [^a]{2} .", ["bc\n", "éé\u{1F600}"], ["abc", "bc"]),
            (
                "root ::= \"a\"{2,3} | (\"b\" | \"c\"){,2} \"d\" *", ["aa", "aaa", "", "bc", "cdd"],
                ["a", "aaaa", "bbb"]
            ),
            ("root ::= a.b-c_1\na.b-c_1 ::= \"x\"\n  | \"y\" # and so on\n\n  | z\nz::=\"\"", ["x", "y", ""], ["z"]),
            ("root ::= (\"a\"?)+ \"b\"", ["b", "aab"], ["a"]),
            ("root ::= expr\nexpr ::= expr \"+\" num | num\nnum ::= [0-9]", ["1", "1+2+3"], ["+1", "1+"]),
            ("root ::= \"(\" root \")\" | \"x\"", ["x", "((x))"], ["(x", "()"]),
            ("root ::= \"a\"{1000000}", [], ["a"]),
        ] as [(String, [String], [String])])
    func `every part of the notation is read`(grammar: String, valid: [String], invalid: [String]) throws {
        #expect(try ConstraintDefinition.grammar(grammar).accepted(valid + invalid) == valid)
    }

    @Test(
        arguments: [
            ("", "no rule called 'root'"),
            ("a ::= \"x\"", "no rule called 'root'"),
            ("root ::= \"x\"\nroot ::= \"y\"", "line 2, column 1: the rule 'root' is defined twice"),
            ("root ::= \"x\" missing", "line 1, column 14: the rule 'missing' is not defined"),
            ("root ::= (\n  \"x\" ", "line 1, column 10: the group has no ')'"),
            ("root ::= \"x\" )", "line 1, column 14: ')' is not expected"),
            ("root ::= \"x\ny\"", "line 1, column 10: the text has no closing quote"),
            ("root ::= [a-", "line 1, column 10: the class has no ']'"),
            ("root ::= [z-a]", "line 1, column 11: the range ends"),
            ("root ::= \"\\q\"", "line 1, column 11: the escape '\\q'"),
            ("root ::= \"\\xZ\"", "line 1, column 11: the escape needs 2"),
            ("root ::= \"\\uD800\"", "of no character"),
            ("root ::= \"a\"{3,2}", "line 1, column 13: a repetition's limits"),
            ("root ::= \"a\"{}", "line 1, column 13: a repetition is written"),
            ("root ::= \"a\"{1000001}", "counted to 1000000"),
            ("root ::= *", "line 1, column 10: '*' is not expected"),
            ("root = \"x\"", "a rule must begin as 'name ::='"),
            ("root ::= <think> \"x\"", "tokens"),
            ("root ::= \"a\" (= \"b\")", "look-ahead"),
            ("root ::= TagDispatch((\"a\", root))", "'TagDispatch' is a function"),
            ("start: \"a\" | b\nb: /x/", "Lark"),
            ("%import common.WS\n?value: WS", "Lark"),
            ("root ::= a\na ::= b \"x\"\nb ::= a | \"y\"", "' refers to itself before"),
            ("root ::= \"a\" root", "no text that fits"),
        ])
    func `what is not understood is refused with its place`(grammar: String, message: String) throws {
        let error = #expect(throws: ConstraintError.self) { try ConstraintDefinition.grammar(grammar).grammar() }
        #expect(error?.message.contains(message) == true, "\(error?.message ?? "")")
    }

    @Test func `hostile grammars end soon`() throws {
        let chain = (0..<5000).map { "r\($0) ::= r\($0 + 1) | \"x\"" }.joined(separator: "\n")
        let deep = String(repeating: "(", count: 500) + "\"a\"" + String(repeating: ")", count: 500)
        #expect(try ConstraintDefinition.grammar("root ::= r0\n\(chain)\nr5000 ::= \"y\"").accepts("y"))
        #expect(throws: ConstraintError.self) { try ConstraintDefinition.grammar("root ::= \(deep)").grammar() }
        #expect(throws: ConstraintError.self) {
            try ConstraintDefinition.grammar("root ::= ((((\"a\"?){9999}){9999}){9999}){9999}").grammar()
        }
        // Every cut of this is another alternative: states drop what is too much, and go on.
        var automaton = GrammarAutomaton(
            try ConstraintDefinition.grammar("root ::= (\"a\" | \"aa\"){1,900} s\ns ::= \"a\" s s | \"a\"").grammar())
        let accepts = automaton.accepts(Array(repeating: UInt8(ascii: "a"), count: 300))
        #expect(accepts)
    }
}
