import ArgumentParser
import ConstrainedDecoding
import Foundation
import JSON
import Tokenization

/// `ponder bench grammar`: what it costs to hold answers to schemas and grammars.
struct BenchGrammarCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "grammar",
        abstract: "Measure what it costs to hold answers to schemas and grammars.",
        discussion: """
            Follows random answers on one thread, and prints for each file the time from the schema to the first mask, and the \
            time that a token takes: its mask, and moving on. The first answers find out what later ones only look up.

            EXAMPLES:
              ponder bench grammar Qwen3-0.6B/tokenizer.json schema.json grammar.gbnf
            """
    )

    @Argument(help: "A tokenizer.json.")
    var tokenizer: String

    @Argument(help: "JSON Schemas, and grammars whose names end in .gbnf.")
    var files: [String]

    @Option(help: ArgumentHelp("Early answers for each file, and late ones.", valueName: "count"))
    var answers = 20

    @Option(help: ArgumentHelp("Decides which tokens are drawn.", valueName: "number"))
    var seed: UInt64 = 1

    func run() throws {
        let tokenizer = try Tokenizer(tokenizerFile: bytes(of: tokenizer))
        let ends = Set(["<|im_end|>", "<|endoftext|>"].compactMap(tokenizer.token))
        let compiler = ConstraintCompiler(tokenizer: tokenizer, ends: ends)
        let preparation = try ContinuousClock().measure { _ = try compiler.compile(.choice(["a"])) }
        print("\(tokenizer.tokenCount) tokens, made ready in \(milliseconds(preparation)) ms")
        for file in files {
            let text = String(decoding: try bytes(of: file), as: UTF8.self)
            do {
                let definition: ConstraintDefinition =
                    file.hasSuffix(".gbnf") ? .grammar(text) : .jsonSchema(try JSONValue(parsing: text))
                let measurement = try compiler.measure(definition, answerCount: max(1, answers), seed: seed)
                print("\(file): first mask in \(milliseconds(measurement.firstMask)) ms")
                print("  first \(answers) answers: \(description(of: measurement.early))")
                print("  next \(answers) answers:  \(description(of: measurement.late))")
            } catch {
                throw ValidationError("\(file): \(error)")
            }
        }
    }

    private func description(of tokens: GrammarMeasurement.Tokens) -> String {
        let figures = [
            ("mean", tokens.mean), ("p50", tokens.percentile(0.5)), ("p99", tokens.percentile(0.99)),
            ("most", tokens.percentile(1)),
        ]
        let texts = figures.map { String(format: "%@ %.1f µs", $0.0, $0.1 / .microseconds(1)) }
        return "\(tokens.count) tokens, " + texts.joined(separator: ", ")
    }

    private func milliseconds(_ duration: Duration) -> String {
        String(format: "%.1f", duration / .milliseconds(1))
    }

    private func bytes(of path: String) throws -> [UInt8] {
        guard let contents = FileManager.default.contents(atPath: path) else {
            throw ValidationError("\(path): cannot be read")
        }
        return Array(contents)
    }
}
