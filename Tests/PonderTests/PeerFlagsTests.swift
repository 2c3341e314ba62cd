import ArgumentParser
import Testing

@testable import ponder

@Suite struct PeerFlagsTests {
    private func parse(_ arguments: String...) throws -> (options: ServeOptions, warnings: [String]) {
        try parse(arguments)
    }

    private func parse(_ arguments: [String]) throws -> (options: ServeOptions, warnings: [String]) {
        let command = try #require(ServeCommand.parseAsRoot(arguments) as? ServeCommand)
        var options = command.options
        let warnings = try command.peerFlags.apply(to: &options)
        return (options, warnings)
    }

    @Test func theLaunchLineOfVLLMWorks() throws {
        let found = try parse(
            "Qwen/Qwen3-30B-A3B", "--enable-reasoning", "--reasoning-parser", "deepseek_r1", "--max-model-len", "4096",
            "--served-model-name", "qwen3")
        #expect(found.options.models.first == "Qwen/Qwen3-30B-A3B")
        #expect(found.options.context == "4096")
        #expect(found.options.alias == "qwen3")
        #expect(found.warnings.count == 2)
        #expect(found.warnings.first?.hasPrefix("--enable-reasoning has no effect") == true)
    }

    @Test func theLaunchLineOfSGLangWorks() throws {
        let found = try parse(
            "--model-path", "Qwen/Qwen3-30B-A3B", "--reasoning-parser", "qwen3", "--tool-call-parser", "qwen25",
            "--port", "30000")
        #expect(found.options.models.first == "Qwen/Qwen3-30B-A3B")
        #expect(found.options.port == "30000")
        #expect(found.warnings.count == 2)
    }

    @Test func everyPeersWordForEmbeddingsAndRankingsWorks() throws {
        let embedding = [
            ["--is-embedding"], ["--task", "embed"], ["--convert", "embed"], ["--embedding", "--pooling", "last"],
        ]
        for line in embedding {
            let options = try parse(line).options
            #expect(options.embeddings && !options.reranking, "\(line)")
        }
        for line in [["--task", "score"], ["--rerank"], ["--pooling", "rank"]] {
            let options = try parse(line).options
            #expect(options.reranking && !options.embeddings, "\(line)")
        }
        let runner = try parse("Qwen/Qwen3-Embedding-0.6B", "--runner", "pooling")
        #expect(!runner.options.embeddings)
        #expect(runner.warnings.count == 1)
        #expect(throws: (any Error).self) { try parse("a", "--pooling", "mean") }
    }

    @Test func oneMeaningCannotHaveTwoValues() throws {
        #expect(throws: (any Error).self) { try parse("a", "--model-path", "b") }
        #expect(throws: (any Error).self) { try parse("a", "--context", "1", "--max-model-len", "2") }
        #expect(try parse("a", "--model-path", "a").options.models.first == "a")
    }
}
