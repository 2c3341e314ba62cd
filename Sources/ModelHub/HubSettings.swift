internal import Foundation
internal import HTTPClient
public import TLS

/// Where models come from and where they are kept, as the environment says it: in the variables of Hugging Face's and
/// ModelScope's own programs, so that a machine that is set up for those needs nothing more.
public struct HubSettings: Sendable {
    /// Where a hub answers.
    struct Endpoint: Sendable {
        var url: String
        var token: String?
    }

    /// Where names without a hub are looked for.
    public var hub: HubKind
    var huggingFace: Endpoint
    var modelScope: Endpoint
    /// Whether nothing may be asked of the network.
    public var isOffline: Bool
    /// Hugging Face's cache, which is shared with its own programs.
    public var cacheFolder: String
    /// The same layout, for what comes from ModelScope.
    var modelScopeFolder: String
    /// Where weights are kept that Ponder has quantised.
    public var quantizedFolder: String
    /// LM Studio's folders, which are only read.
    var studioFolders: [String]
    /// The cache of ModelScope's own program, which is only read.
    var modelScopeCache: String
    var proxies: ProxyRules
    /// Whom to trust; nil goes by the system's certificates.
    public var tls: TLSContext?
    /// How many connections fetch at once: each a file of its own, or a part of a large one.
    public var connectionCount = 4
    /// What is missing of a file at least for it to come in parts.
    var partedByteCount = 32 << 20
    /// What the first wait after a failure takes; the next ones are longer.
    var firstWait = Duration.seconds(1)
    /// How long a hub may be silent.
    var timeout = Duration.seconds(60)

    /// Reads the environment.
    public init(environment: [String: String]) {
        func value(_ names: String...) -> String? {
            names.lazy.compactMap { environment[$0] }.first { !$0.isEmpty }
        }
        func isOn(_ names: String...) -> Bool {
            names.contains { ["1", "on", "yes", "true"].contains(environment[$0]?.lowercased()) }
        }
        let home = value("HOME") ?? NSHomeDirectory()
        func folder(_ path: String) -> String {
            let path = path == "~" ? home : path.hasPrefix("~/") ? home + path.dropFirst(1) : path
            return path.hasPrefix("/") ? path : "\(FileManager.default.currentDirectoryPath)/\(path)"
        }
        let caches = folder(value("XDG_CACHE_HOME") ?? "~/.cache")
        let huggingFaceHome = folder(value("HF_HOME") ?? "\(caches)/huggingface")
        hub = isOn("VLLM_USE_MODELSCOPE", "SGLANG_USE_MODELSCOPE") ? .modelScope : .huggingFace
        isOffline = isOn("HF_HUB_OFFLINE", "TRANSFORMERS_OFFLINE")
        cacheFolder = folder(value("HF_HUB_CACHE", "HUGGINGFACE_HUB_CACHE") ?? "\(huggingFaceHome)/hub")
        modelScopeFolder = "\(caches)/ponder/modelscope"
        quantizedFolder = "\(caches)/ponder/quantized"
        modelScopeCache = folder(value("MODELSCOPE_CACHE") ?? "~/.cache/modelscope")
        studioFolders = Self.studioHomes(home).map { "\($0)/models" }
        let tokenFile = folder(value("HF_TOKEN_PATH") ?? "\(huggingFaceHome)/token")
        let stored = isOn("HF_HUB_DISABLE_IMPLICIT_TOKEN") ? nil : Self.firstLine(of: tokenFile)
        huggingFace = Endpoint(
            url: value("HF_ENDPOINT") ?? "https://huggingface.co",
            token: (value("HF_TOKEN", "HUGGING_FACE_HUB_TOKEN") ?? stored).flatMap(Self.token))
        modelScope = Endpoint(
            url: Self.withScheme(value("MODELSCOPE_ENDPOINT", "MODELSCOPE_DOMAIN") ?? "https://www.modelscope.cn"),
            token: value("MODELSCOPE_API_TOKEN").flatMap(Self.token))
        proxies = ProxyRules(environment: environment)
    }

    func endpoint(_ hub: HubKind) -> Endpoint {
        switch hub {
        case .huggingFace: huggingFace
        case .modelScope: modelScope
        }
    }

    /// The cache that a hub's models are kept in.
    func folder(_ hub: HubKind) -> String {
        switch hub {
        case .huggingFace: cacheFolder
        case .modelScope: modelScopeFolder
        }
    }

    /// LM Studio's own folder may have been moved; then a file says where to.
    private static func studioHomes(_ home: String) -> [String] {
        let moved = firstLine(of: "\(home)/.lmstudio-home-pointer")
        let usual = ["\(home)/.lmstudio", "\(home)/.cache/lm-studio"]
        return (moved.map { [$0] } ?? []) + usual.filter { $0 != moved }
    }

    private static func firstLine(of path: String) -> String? {
        guard let file = FileHandle(forReadingAtPath: path), let bytes = try? file.read(upToCount: 4096) else {
            return nil
        }
        let line = String(decoding: bytes, as: UTF8.self).split(whereSeparator: \.isNewline).first.map(String.init)
        return line?.trimmingCharacters(in: .whitespaces)
    }

    /// What may stand in a header field.
    private static func token(_ text: String) -> String? {
        let text = text.trimmingCharacters(in: .whitespacesAndNewlines)
        return !text.isEmpty && text.utf8.allSatisfy { 0x21...0x7E ~= $0 } ? text : nil
    }

    private static func withScheme(_ text: String) -> String {
        text.contains("://") ? text : "https://\(text)"
    }
}

/// Which servers are asked through which proxy: `HTTPS_PROXY`, `HTTP_PROXY`, `ALL_PROXY` and `NO_PROXY`.
struct ProxyRules: Sendable {
    private let secure: String?
    private let plain: String?
    private let exceptions: [String]

    init(environment: [String: String]) {
        func value(_ name: String) -> String? {
            [environment[name.lowercased()], environment[name]].lazy.compactMap(\.self).first { !$0.isEmpty }
        }
        secure = value("HTTPS_PROXY") ?? value("ALL_PROXY")
        // HTTP_PROXY in capitals may be a client's header field in a CGI program; this is none.
        plain = value("HTTP_PROXY") ?? value("ALL_PROXY")
        exceptions = (value("NO_PROXY") ?? "").split(separator: ",").map {
            $0.trimmingCharacters(in: .whitespaces).lowercased()
        }
    }

    /// - Throws: Where the variable holds no proxy's address.
    func proxy(for server: ServerURL) throws(HubError) -> ClientProxy? {
        guard let text = server.isSecure ? secure : plain, !isExcepted(server) else { return nil }
        do throws(ClientError) {
            return try ClientProxy(text)
        } catch {
            throw HubError(.invalid, "the proxy of the environment: \(error)")
        }
    }

    private func isExcepted(_ server: ServerURL) -> Bool {
        let host = server.host.lowercased()
        return exceptions.contains { exception in
            if exception == "*" { return true }
            let name = exception.hasPrefix(".") ? String(exception.dropFirst()) : exception
            return !name.isEmpty
                && (host == name || host.hasSuffix(".\(name)") || "\(host):\(server.port)" == name)
        }
    }
}
