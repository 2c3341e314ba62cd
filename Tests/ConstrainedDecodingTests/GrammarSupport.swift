import JSON
import Testing

@testable import ConstrainedDecoding

extension ConstraintDefinition {
    /// Which of the texts the definition's grammar accepts.
    func accepted(_ texts: [String]) throws -> [String] {
        var automaton = GrammarAutomaton(try grammar())
        return texts.filter { automaton.accepts($0.utf8) }
    }

    func accepts(_ text: String) throws -> Bool {
        try !accepted([text]).isEmpty
    }
}

extension ConstraintDefinition {
    static func schema(_ text: String) throws -> ConstraintDefinition {
        .jsonSchema(try JSONValue(parsing: text))
    }
}
