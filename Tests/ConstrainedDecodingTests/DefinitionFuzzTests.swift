import JSON
import TestSupport
import Testing

@testable import ConstrainedDecoding

/// Whatever is sent as a definition is understood or refused.
@Suite struct DefinitionFuzzTests {
    private static let scraps = Array("(){}[]|*+?\"'\\.^-:=#<>! \nrootaxz019,\u{0}é\u{1F600}".unicodeScalars)

    private static func changed(_ text: String, _ random: inout SeededGenerator) -> String {
        var scalars = Array(text.unicodeScalars)
        for _ in 0..<Int.random(in: 1...4, using: &random) {
            let place = Int.random(in: 0..<max(1, scalars.count), using: &random)
            switch Int.random(in: 0..<4, using: &random) {
            case 0 where !scalars.isEmpty: scalars.remove(at: place)
            case 1: scalars.insert(scraps.randomElement(using: &random) ?? " ", at: place)
            case 2 where !scalars.isEmpty: scalars[place] = scraps.randomElement(using: &random) ?? " "
            default: scalars.removeLast(min(scalars.count, Int.random(in: 0..<30, using: &random)))
            }
        }
        var result = String.UnicodeScalarView()
        result.append(contentsOf: scalars)
        return String(result)
    }

    /// Compiles a definition, and matches something with it; false if it is refused.
    private static func use(_ definition: ConstraintDefinition, _ random: inout SeededGenerator) -> Bool {
        guard let grammar = try? definition.grammar() else { return false }
        var automaton = GrammarAutomaton(grammar)
        var state = automaton.start
        for _ in 0..<20 {
            let bytes = (0...UInt8.max).filter { automaton.next(state, $0) != GrammarAutomaton.dead }
            guard let byte = bytes.randomElement(using: &random) else { break }
            state = automaton.next(state, byte)
        }
        return true
    }

    @Test(arguments: [
        GBNFTests.json, GBNFTests.program, "root ::= \"a\"{2,3} | [^b-d]* # x\n  | (root2)+\nroot2 ::= 'é'",
    ])
    func `no text of a grammar is a trap`(grammar: String) {
        var random = SeededGenerator(seed: 11)
        var understoodCount = 0
        for _ in 0..<150 {
            understoodCount += Self.use(.grammar(Self.changed(grammar, &random)), &random) ? 1 : 0
        }
        #expect((1..<150).contains(understoodCount))
    }

    @Test func `no text of an expression is a trap`() {
        var random = SeededGenerator(seed: 12)
        var understoodCount = 0
        for _ in 0..<400 {
            let expression = Self.changed(#"^(?:[a-c]+|\d{2,4}x?)(?<n>é|\u0041)*$"#, &random)
            understoodCount += Self.use(.regularExpression(expression), &random) ? 1 : 0
        }
        #expect((1..<400).contains(understoodCount))
    }

    @Test func `no schema is a trap`() throws {
        var random = SeededGenerator(seed: 13)
        let lines = try Fixtures.lines("json_schema/random.jsonl").prefix(60)
        let schemas = try lines.compactMap { try JSONValue(parsing: $0)["schema"] }
        var parts: [JSONValue] = [-1, 1e300, "", [:], [], true, ["$ref": "#"], 3, ["a"]]
        for schema in schemas {
            parts += (schema.objectValue ?? [:]).map(\.value)
        }
        var understoodCount = 0
        for _ in 0..<200 {
            var object = schemas.randomElement(using: &random)?.objectValue ?? [:]
            for _ in 0..<2 {
                guard let key = SchemaKeywords.known.sorted().randomElement(using: &random) else { continue }
                object[key] = parts.randomElement(using: &random)
            }
            understoodCount += Self.use(.jsonSchema(.object(object)), &random) ? 1 : 0
        }
        #expect((1..<200).contains(understoodCount))
    }
}
