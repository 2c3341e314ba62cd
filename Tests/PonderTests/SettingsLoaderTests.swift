import APIDoors
import Foundation
import HTTP
import Models
import Serving
import TLS
import Testing

@testable import ponder

@Suite struct SettingsLoaderTests {
    private func load(
        _ arguments: [String] = [],
        environment: [String: String] = [:]
    ) throws -> ServeSettings {
        try SettingsLoader(options: ServeOptions.parse(arguments), environment: environment).load()
    }

    private func complaint(_ arguments: [String] = [], environment: [String: String] = [:]) -> String? {
        do {
            _ = try load(arguments, environment: environment)
            return nil
        } catch {
            return String(describing: error)
        }
    }

    /// Runs the body with a settings file that holds the text.
    private func withFile<Result>(_ text: String, ending: String, _ body: (String) throws -> Result) throws -> Result {
        let path = FileManager.default.temporaryDirectory.appending(path: "\(UUID()).\(ending)")
        try Data(text.utf8).write(to: path)
        defer { try? FileManager.default.removeItem(at: path) }
        return try body(path.path)
    }

    @Test func `without any source every setting has its default`() throws {
        #expect(try load() == ServeSettings())
    }

    @Test func `every setting can be given as a flag`() throws {
        let settings = try load([
            "model.gguf", "b=other.gguf", "--models-dir", "/", "--pulled-models", "--preload", "b", "--idle-unload",
            "60",
            "--host", "::1", "--host", "unix:/a.sock", "--port", "0", "--socket-permissions", "660",
            "--threads", "3", "--context", "4096", "--rope-scaling", "yarn", "--rope-scale", "2.5",
            "--yarn-original-context", "32768",
            "--max-batch-tokens", "256", "--kv-cache-memory", "2GiB", "--kv-cache-type", "bf16",
            "--activation-type", "bf16",
            "--memory-limit", "6GiB", "--tile-cache", "/", "--quantize", "Q4_K",
            "--quantize-cache", "off", "--slot-save-path", "/", "--alias", "small", "--alias", "tiny",
            "--api-key", "one", "--api-key", "two", "--chat-template-file", "a.jinja", "--log-level", "debug",
            "--drain-seconds", "1.5", "--draft-model", "draft.gguf", "--speculation", "lookup", "--strict",
            "--reasoning-field", "both", "--tls-certificate", "a.pem", "--tls-key", "a.key",
            "--tls-client-authority", "ca.pem", "--api-key-file", "keys", "--requests-per-minute", "60",
            "--tokens-per-minute", "1000", "--allow-origin", "https://A.example", "--allow-origin", "http://b:1",
            "--any-model-name", "--compress-streams", "--embeddings", "--rerank",
            "--reasoning-budgets", "low=7, max=9,high=unlimited", "--exclude-tools-when-tool-choice-none",
            "--trust-request-chat-template", "--strip-billing-header", "off",
            "--loop-guard", "off", "--prefill-ahead", "off", "--reasoning-memory", "off", "--reasoning-memory-seconds",
            "60", "--metrics-compat", "vllm", "--web-page", "off",
            "--log-format", "json", "--trusted-proxy", "unix", "--trusted-proxy", "10.0.0.0/8", "--max-connections",
            "9",
            "--max-body-size", "1MiB", "--max-head-size", "128KiB", "--max-line-size", "16KiB", "--max-fields", "7",
            "--head-seconds", "1", "--body-seconds", "2", "--idle-seconds", "3", "--send-seconds", "4",
            "--wrong-keys-per-minute", "none",
        ])
        var expected = ServeSettings()
        expected.models = [NamedModel(path: "model.gguf"), NamedModel(name: "b", path: "other.gguf")]
        expected.modelsFolder = "/"
        expected.servesPulled = true
        expected.preload = ["b"]
        expected.idleUnload = .after(.seconds(60))
        expected.hosts = [.host("::1", port: nil), .unix(path: "/a.sock")]
        expected.socketPermissions = 0o660
        expected.port = 0
        expected.threads = 3
        expected.context = 4_096
        expected.ropeScaling = RopeScaling(method: .yarn, factor: 2.5, originalContextLength: 32_768)
        expected.maxBatchTokens = 256
        expected.kvCacheMemory = 2 << 30
        expected.kvCacheType = .bf16
        expected.activationType = .bf16
        expected.memoryLimit = 6 << 30
        expected.tileCache = "/"
        expected.quantization = .q4_K_M
        expected.quantizedPlace = .nowhere
        expected.slotSavePath = "/"
        expected.alias = "small"
        expected.furtherAliases = ["tiny"]
        expected.apiKeys = ["one", "two"]
        expected.tlsIdentities = [TLSIdentity(certificate: "a.pem", key: "a.key")]
        expected.tlsClientAuthority = "ca.pem"
        expected.apiKeyFile = "keys"
        expected.rateLimits = RateLimits(requestsPerMinute: 60, tokensPerMinute: 1_000)
        expected.allowedOrigins = .only(["https://a.example", "http://b:1"])
        expected.chatTemplateFile = "a.jinja"
        expected.logLevel = .debug
        expected.drain = .milliseconds(1_500)
        expected.draftModel = "draft.gguf"
        expected.speculation = .lookup
        expected.isStrict = true
        expected.answersToAnyName = true
        expected.compressesStreams = true
        expected.reasoningField = .both
        expected.embeds = true
        expected.reasoningBudgets = try #require(ThinkingBudgets("low=7,high=unlimited,max=9"))
        expected.excludesForbiddenTools = true
        expected.trustsRequestTemplates = true
        expected.stripsBillingHeader = false
        expected.reranks = true
        expected.endsLoops = false
        expected.prefillsAhead = false
        expected.reasoningMemory = 0
        expected.reasoningLifetime = .seconds(60)
        expected.peerMetrics = .vllm
        expected.trustedProxies = try #require(TrustedProxies(["unix", "10.0.0.0/8"]))
        expected.connectionLimit = 9
        expected.httpLimits.bodyByteLimit = 1 << 20
        expected.httpLimits.headByteLimit = 128 << 10
        expected.httpLimits.lineByteLimit = 16 << 10
        expected.httpLimits.fieldLimit = 7
        expected.httpLimits.headTimeout = .seconds(1)
        expected.httpLimits.bodyWindow = .seconds(2)
        expected.httpLimits.idleTimeout = .seconds(3)
        expected.httpLimits.writeTimeout = .seconds(4)
        expected.wrongKeysPerMinute = nil
        expected.hasWebPage = false
        expected.logFormat = .json
        #expect(settings == expected)
    }

    @Test func `flags come before the environment and the environment before the file`() throws {
        try withFile("port: 1\nthreads: 1\ncontext: 1\n", ending: "yaml") { path in
            let settings = try load(
                ["--config", path, "--port", "3"],
                environment: ["PONDER_PORT": "2", "PONDER_THREADS": "2"]
            )
            #expect(settings.port == 3)
            #expect(settings.threads == 2)
            #expect(settings.context == 1)
        }
    }

    @Test func `the environment can name the file`() throws {
        let settings = try withFile("alias: tiny\n", ending: "yaml") { path in
            try load(environment: ["PONDER_CONFIG": path])
        }
        #expect(settings.alias == "tiny")
    }

    @Test func `YAML and JSON files mean the same`() throws {
        let yaml = "host: 0.0.0.0\nport: 81\nkv-cache-memory: 1048576\napi-key: [a, b]\ndrain-seconds: 2.5\n"
        let json = """
            {"host": "0.0.0.0", "port": 81, "kv-cache-memory": 1048576, "api-key": ["a", "b"], "drain-seconds": 2.5}
            """
        let read = { (path: String) in try load(["--config", path]) }
        let settings = try withFile(yaml, ending: "yaml", read)
        let same = try withFile(json, ending: "json", read)
        #expect(settings == same)
        #expect(settings.port == 81)
        #expect(settings.kvCacheMemory == 1_048_576)
        #expect(settings.apiKeys == ["a", "b"])
        #expect(settings.drain == .seconds(2.5))
    }

    @Test func `a file of comments only sets nothing`() throws {
        let settings = try withFile("# port: 1\n", ending: "yaml") { try load(["--config", $0]) }
        #expect(settings == ServeSettings())
    }

    @Test func `a bad value is told with its source, itself and what is expected`() throws {
        #expect(complaint(["--port", "70000"]) == "--port is '70000'; expected a whole number from 0 to 65535")
        #expect(
            complaint(environment: ["PONDER_KV_CACHE_MEMORY": "lots"])
                == "PONDER_KV_CACHE_MEMORY is 'lots'; expected auto or a size such as 512MiB or 2GiB"
        )
        try withFile("threads: none\n", ending: "yaml") { path in
            #expect(
                complaint(["--config", path])
                    == "threads in \(path) is 'none'; expected auto or a whole number from 1 to 1024"
            )
        }
    }

    @Test(arguments: [
        ("--threads", "0"), ("--context", "-1"), ("--rope-scaling", "dynamic"), ("--rope-scale", "1"),
        ("--rope-scale", "nan"), ("--yarn-original-context", "0"), ("--max-batch-tokens", "0"),
        ("--kv-cache-memory", "0"),
        ("--kv-cache-type", "q3"), ("--activation-type", "f16"),
        ("--alias", "two words"), ("--alias", ""),
        ("--log-level", "loud"),
        ("--drain-seconds", "nan"), ("--drain-seconds", "-1"), ("--host", ""), ("--host", "a,"), ("--host", "a:b"),
        ("--host", "http://a"),
        ("--socket-permissions", "rw-"), ("--socket-permissions", "0660"), ("--port", "1e3"),
        ("--requests-per-minute", "0"), ("--tokens-per-minute", "all"), ("--allow-origin", "chat.example"),
        ("--allow-origin", "https://chat.example/"), ("--allow-origin", "*,https://a"),
        ("--trusted-proxy", "proxy.example"), ("--trusted-proxy", "10.0.0.0/33"), ("--max-connections", "0"),
        ("--max-body-size", "2GiB"), ("--max-fields", "0"), ("--idle-seconds", "0"), ("--wrong-keys-per-minute", "0"),
    ])
    func `values out of range are refused`(flag: String, value: String) {
        let arguments = value.isEmpty ? [flag, value] : ["\(flag)=\(value)"]
        #expect(complaint(arguments)?.hasPrefix("\(flag) is '\(value)'; expected ") == true)
    }

    @Test func `a factor alone means YaRN, and what a method has no use for is refused`() throws {
        #expect(try load(["--yarn-factor", "4"]).ropeScaling == RopeScaling(method: .yarn, factor: 4))
        #expect(try load(["--rope-scaling", "by-length"]).ropeScaling.method == .byLength)
        #expect(complaint(["--rope-scaling", "linear"]) == "rope-scaling linear needs rope-scale")
        #expect(complaint(["--rope-scaling", "none", "--rope-scale", "2"]) != nil)
        #expect(complaint(["--yarn-original-context", "2"]) != nil)
    }

    @Test func `a key for TLS needs a certificate`() {
        #expect(
            complaint(["--tls-client-authority", "a.pem"]) == "tls-key and tls-client-authority need tls-certificate")
        #expect(
            complaint(["--tls-certificate", "a.pem", "--tls-certificate", "b.pem", "--tls-key", "a.key"])
                == "tls-key has 1 files, and tls-certificate 2")
        #expect(complaint(["--tls-key", "a.key"]) == "tls-key and tls-client-authority need tls-certificate")
    }

    @Test func `a key that cannot travel in a header is refused without being shown`() {
        let message = complaint(["--api-key", "sécret"])
        #expect(message?.hasPrefix("--api-key is not usable; expected") == true)
        #expect(message?.contains("cret") == false)
    }

    @Test func `an unknown name in the file is refused, with the likely one`() throws {
        try withFile("kv_cache_memory: 1GiB\n", ending: "yaml") { path in
            #expect(
                complaint(["--config", path])
                    == "\(path): there is no setting 'kv_cache_memory'; did you mean 'kv-cache-memory'?"
            )
        }
        try withFile(#"{"server": {"colour": "red"}}"#, ending: "json") { path in
            #expect(complaint(["--config", path]) == "\(path): there is no setting 'server.colour'")
        }
    }

    @Test(arguments: ["yaml", "json"])
    func `a file that is none of settings is refused in one line`(ending: String) throws {
        for text in ["[1, 2", "- a\n- b", "\u{0}\u{1}", "port: 1\nport: 2\n: :"] {
            try withFile(text, ending: ending) { path in
                let message = complaint(["--config", path])
                #expect(message?.hasPrefix("\(path): ") == true)
                #expect(message?.contains("\n") == false)
            }
        }
    }

    @Test func `a file that is not there is told by its path`() {
        #expect(complaint(["--config", "/no/such/file.yaml"])?.hasPrefix("/no/such/file.yaml: cannot be read") == true)
    }

    @Test func `what Kubernetes says about a service named ponder is no port`() throws {
        #expect(try load(environment: ["PONDER_PORT": "tcp://10.0.0.7:80"]).port == 8_000)
    }
}
