import Testing

@testable import ConstrainedDecoding

@Suite struct RegularExpressionTests {
    @Test(
        arguments: [
            ("abc", ["abc"], ["", "ab", "abcd", "xabc"]),
            ("a|bc|", ["a", "bc", ""], ["b", "abc"]),
            ("(ab)*", ["", "ab", "abab"], ["a", "aba"]),
            ("a{2,3}", ["aa", "aaa"], ["a", "aaaa"]),
            ("a{,2}b{2}", ["bb", "abb", "aabb"], ["aaabb", "ab"]),
            ("[a-c0-9_]+?", ["a", "b9_"], ["", "d"]),
            ("[^a-z]", ["A", "é", "語", "😀"], ["a", "AA", ""]),
            ("\\d{2}:\\d{2}", ["12:34"], ["1:34", "12:345"]),
            ("(?:x|(?<name>y))\\.", ["x.", "y."], ["xy", "x"]),
            ("^start$", ["start"], ["start\n"]),
            (".", ["é", "😀"], ["\n", "", "ab"]),
            ("\\u00e9\\x41\\u{1F600}\\uD83D\\uDE00", ["éA😀😀"], ["éA😀"]),
            ("[\\]\\-\\\\]+", ["]-\\"], ["a"]),
            ("(a*)*b", ["b", "aab"], ["a"]),
            ("[à-ÿ]", ["é"], ["e", "Ā"]),
        ] as [(String, [String], [String])])
    func `an expression matches whole texts`(expression: String, matches: [String], others: [String]) throws {
        let definition = ConstraintDefinition.regularExpression(expression)
        #expect(try definition.accepted(matches + others) == matches)
    }

    @Test(arguments: [
        "(?=a)", "(?<=a)b", "(?!a)", "a\\b", "(a)\\1", "a**", "(a", "a)", "[a", "a{3,2}", "a{200000}", "*", "[z-a]",
        "\\q",
        "a^b", "[[:alpha:]]", "\\", "{",
    ])
    func `what cannot be said is refused`(expression: String) {
        #expect(throws: ConstraintError.self) { try ConstraintDefinition.regularExpression(expression).grammar() }
    }

    @Test func `deep nesting is refused and not followed`() {
        let text = String(repeating: "(", count: 60_000)
        #expect(throws: ConstraintError.self) { try ConstraintDefinition.regularExpression(text).grammar() }
    }

    @Test func `every scalar is one and no other bytes are`() throws {
        var automaton = GrammarAutomaton(try ConstraintDefinition.regularExpression("[\\s\\S]").grammar())
        for value in stride(from: UInt32(0), through: 0x10FFFF, by: 1009) {
            guard let scalar = Unicode.Scalar(value) else { continue }
            let isAccepted = automaton.accepts(String(Character(scalar)).utf8)
            #expect(isAccepted)
        }
        for bytes: [UInt8] in [
            [0x80], [0xC0, 0x80], [0xED, 0xA0, 0x80], [0xF4, 0x90, 0x80, 0x80], [0xE0, 0x9F, 0xBF],
        ] {
            let isAccepted = automaton.accepts(bytes)
            #expect(!isAccepted)
        }
    }
}
