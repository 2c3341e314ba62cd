import ArgumentParser
import Foundation
import Tokenization

/// `ponder bench tokenizer`: how fast text becomes tokens on one thread.
struct BenchTokenizerCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "tokenizer",
        abstract: "Measure how fast text becomes tokens on one thread.",
        discussion: """
            Prints for each file its bytes, its tokens and the speed of the fastest round. scripts/compare-tokenizer runs \
            it beside Hugging Face's tokenizers.

            EXAMPLES:
              ponder bench tokenizer Qwen3-0.6B/tokenizer.json README.md
            """
    )

    @Argument(help: "A tokenizer.json.")
    var tokenizer: String

    @Argument(help: "Text files in UTF-8.")
    var files: [String]

    @Option(help: ArgumentHelp("Rounds for each file.", valueName: "count"))
    var rounds = 5

    func run() throws {
        let tokenizer = try Tokenizer(tokenizerFile: bytes(of: tokenizer))
        for file in files {
            let measurement = tokenizer.measureEncoding(
                of: String(decoding: try bytes(of: file), as: UTF8.self), rounds: rounds)
            let speed = String(format: "%.1f", measurement.megabytesPerSecond)
            print("\(file): \(measurement.byteCount) bytes, \(measurement.tokenCount) tokens, \(speed) MB/s")
        }
    }

    private func bytes(of path: String) throws -> [UInt8] {
        guard let contents = FileManager.default.contents(atPath: path) else {
            throw ValidationError("\(path): cannot be read")
        }
        return Array(contents)
    }
}
