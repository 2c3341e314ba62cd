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
        #expect(found.options.alias == ["qwen3"])
        #expect(found.warnings.count == 2)
        #expect(found.warnings.first?.hasPrefix("--enable-reasoning has no effect") == true)
    }

    /// As vLLM has them: the first is reported, all answer.
    @Test func severalNamesAreServed() throws {
        let names = ["qwen3", "gpt-4o", "Qwen/Qwen3-8B"]
        #expect(try parse(["model", "--served-model-name"] + names + ["--strict"]).options.alias == names)
        #expect(try parse(["--alias", "qwen3", "--alias", "gpt-4o", "model"]).options.alias == ["qwen3", "gpt-4o"])
        #expect(throws: (any Error).self) { try parse("--served-model-name", "qwen3", "model") }
        #expect(throws: (any Error).self) { try parse("model", "--served-model-name", "qwen3", "--alias", "other") }
    }

    @Test func theLaunchLineOfSGLangWorks() throws {
        let found = try parse(
            "--model-path", "Qwen/Qwen3-30B-A3B", "--reasoning-parser", "qwen3", "--tool-call-parser", "qwen25",
            "--port", "30000")
        #expect(found.options.models.first == "Qwen/Qwen3-30B-A3B")
        #expect(found.options.port == "30000")
        #expect(found.warnings.count == 2)
    }

    @Test(arguments: ["--no-web-page", "--no-webui", "--no-ui"])
    func thePageIsSwitchedOffInOneWord(flag: String) throws {
        #expect(try parse("a", flag).options.webPage == "off")
        #expect(try parse("a", "--web-page", "off", flag).options.webPage == "off")
        #expect(throws: (any Error).self) { try parse("a", "--web-page", "on", flag) }
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

    /// The lines of Qwen's documentation for long texts.
    @Test func everyPeersWordsForYaRNWork() throws {
        let scaling = #"{"rope_type":"yarn","factor":4.0,"original_max_position_embeddings":32768}"#
        for line in [
            ["--rope-scaling", scaling, "--max-model-len", "131072"],
            ["--hf-overrides", #"{"rope_parameters":\#(scaling)}"#, "--max-model-len", "131072"],
            ["--json-model-override-args", #"{"rope_scaling":\#(scaling)}"#, "--context-length", "131072"],
            ["-c", "131072", "--rope-scaling", "yarn", "--rope-scale", "4.0", "--yarn-orig-ctx", "32768"],
        ] {
            let options = try parse(["model"] + line).options
            #expect(options.ropeScaling == "yarn")
            #expect(options.ropeScale == "4.0")
            #expect(options.yarnOriginalContext == "32768")
            #expect(options.context == "131072")
        }
        #expect(try parse("a", "-c", "0").options.context == nil)
    }

    @Test(arguments: [
        ["--rope-scaling", #"{"rope_type":"yarn""#], ["--rope-scaling", #"{"factor":4}"#],
        ["--rope-scaling", #"{"rope_type":"yarn","beta_fast":3}"#], ["--hf-overrides", "{}"],
        ["--hf-overrides", #"{"max_position_embeddings":9}"#], ["--hf-overrides", "[1]"],
        ["--hf-overrides", #"{"rope_scaling":3}"#], ["--rope-scaling", #"{"rope_type":"yarn","factor":"4"}"#],
        ["--rope-scale", "2", "--rope-scaling", #"{"rope_type":"yarn","factor":4}"#],
    ])
    func overridesThatSayMoreOrLessThanYaRNAreRefused(line: [String]) {
        #expect(throws: (any Error).self) { try parse(["model"] + line) }
    }

    @Test func oneMeaningCannotHaveTwoValues() throws {
        #expect(throws: (any Error).self) { try parse("a", "--model-path", "b") }
        #expect(throws: (any Error).self) { try parse("a", "--context", "1", "--max-model-len", "2") }
        #expect(try parse("a", "--model-path", "a").options.models.first == "a")
    }
}
