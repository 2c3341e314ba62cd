import APIDoors
import Compute
import Foundation
import HTTP
import Logging
import Models
import Serving
import TLS

/// Reads the settings of `ponder serve`: flags over environment over file over defaults.
struct SettingsLoader {
    /// In the order in which they are asked; the first that knows a setting decides it.
    private let sources: [SettingsSource]

    /// - Throws: When the file that `--config` or `PONDER_CONFIG` names is not one of settings.
    init(options: ServeOptions, environment: [String: String]) throws(SettingsError) {
        let flags = Setting.allCases.compactMap { setting in setting.text(in: options).map { (setting, $0) } }
        try self.init(
            flags: Dictionary(flags) { first, _ in first }, config: options.config, environment: environment)
    }

    /// From the text of flags, for commands that have only some of them.
    init(flags: [Setting: String], config: String?, environment: [String: String]) throws(SettingsError) {
        var sources = [SettingsSource(flags: flags), SettingsSource(environment: Self.own(environment))]
        if let path = config ?? environment["PONDER_CONFIG"], !path.isEmpty {
            sources.append(try SettingsFile.read(path))
        }
        self.sources = sources
    }

    /// All settings, checked.
    func load() throws(SettingsError) -> ServeSettings {
        var settings = ServeSettings()
        try read(.model, NamedModel.list) { settings.models = $0 }
        try read(.modelsDir, Self.folder) { settings.modelsFolder = $0 }
        try read(.pulledModels, { Bool($0) }) { settings.servesPulled = $0 }
        try read(.preload, Self.names) { settings.preload = $0 }
        try read(.idleUnload, { IdleUnload($0) }) { settings.idleUnload = $0 }
        try read(.pull, { Bool($0) }) { settings.pulls = $0 }
        try read(.allowPull, { Bool($0) }) { settings.allowsPulls = $0 }
        try read(.host, Self.targets) { settings.hosts = $0 }
        try read(.port, Self.wholeNumber(0...65_535)) { settings.port = $0 }
        try read(.socketPermissions, Self.permissions) { settings.socketPermissions = $0 }
        settings.tlsIdentities = try identities()
        try read(.tlsClientAuthority) { settings.tlsClientAuthority = $0 }
        try readConnectionLimits(into: &settings)
        try read(.threads, Self.automatic(Self.wholeNumber(1...1_024))) { settings.threads = $0 }
        try read(.context, Self.automatic(Self.wholeNumber(1...Int(Int32.max)))) { settings.context = $0 }
        try read(.ropeScaling, { RopeScaling.Method(rawValue: $0) }) { settings.ropeScaling.method = $0 }
        try read(.ropeScale, Self.factor) { settings.ropeScaling.factor = $0 }
        try read(.yarnOriginalContext, Self.wholeNumber(1...(1 << 25))) {
            settings.ropeScaling.originalContextLength = $0
        }
        try read(.maxBatchTokens, Self.automatic(Self.wholeNumber(1...65_536))) { settings.maxBatchTokens = $0 }
        try read(.kvCacheMemory, Self.automatic(Self.size)) { settings.kvCacheMemory = $0 }
        try read(.kvCacheType, { Self.cacheFormat($0) }) { settings.kvCacheType = $0 }
        try read(.activationType, Self.automatic(Self.activationFormat)) { settings.activationType = $0 }
        try read(.memoryLimit, Self.automatic(Self.size)) { settings.memoryLimit = $0 }
        try read(.quantize, { Quantization(name: $0) }) { settings.quantization = $0 }
        try read(.quantizeCache, { QuantizedPlace($0) }) { settings.quantizedPlace = $0 }
        try read(.tileCache, Self.folder) { settings.tileCache = $0 }
        try read(.slotSavePath, Self.folder) { settings.slotSavePath = $0 }
        try read(.draftModel) { settings.draftModel = $0 }
        try read(.speculation, { SpeculationMode(rawValue: $0) }) { settings.speculation = $0 }
        try read(.loopGuard, Self.onOrOff) { settings.endsLoops = $0 }
        try read(.prefillAhead, Self.onOrOff) { settings.prefillsAhead = $0 }
        try read(.reasoningMemory, { $0 == "off" ? 0 : Self.size($0) }) { settings.reasoningMemory = $0 }
        try read(.reasoningMemorySeconds, Self.seconds) { settings.reasoningLifetime = $0 }
        try read(.embeddings, { Bool($0) }) { settings.embeds = $0 }
        try read(.reranking, { Bool($0) }) { settings.reranks = $0 }
        try read(.alias, Self.names) { names in
            settings.alias = names.first
            settings.furtherAliases = Array(names.dropFirst())
        }
        try read(.apiKey, Self.keys) { settings.apiKeys = $0 }
        try read(.apiKeyFile) { settings.apiKeyFile = $0 }
        try read(.requestsPerMinute, Self.limit) { settings.rateLimits.requestsPerMinute = $0 }
        try read(.tokensPerMinute, Self.limit) { settings.rateLimits.tokensPerMinute = $0 }
        try read(.wrongKeysPerMinute, Self.limit) { settings.wrongKeysPerMinute = $0 }
        try read(.allowOrigin, Self.origins) { settings.allowedOrigins = $0 }
        try read(.anyModelName, { Bool($0) }) { settings.answersToAnyName = $0 }
        try read(.compressStreams, { Bool($0) }) { settings.compressesStreams = $0 }
        try read(.strict, { Bool($0) }) { settings.isStrict = $0 }
        try read(.reasoningField, { ReasoningFieldName(rawValue: $0) }) { settings.reasoningField = $0 }
        try read(.reasoningBudgets, { ThinkingBudgets($0) }) { settings.reasoningBudgets = $0 }
        try read(.stripBillingHeader, Self.onOrOff) { settings.stripsBillingHeader = $0 }
        try read(.excludeToolsWhenToolChoiceNone, { Bool($0) }) { settings.excludesForbiddenTools = $0 }
        try read(.trustRequestChatTemplate, { Bool($0) }) { settings.trustsRequestTemplates = $0 }
        try read(.chatTemplateFile) { settings.chatTemplateFile = $0 }
        try read(.metricsCompat, { PeerMetrics(rawValue: $0) }) { settings.peerMetrics = $0 }
        try read(.webPage, Self.onOrOff) { settings.hasWebPage = $0 }
        try read(.logLevel, { Logger.Level(rawValue: $0) }) { settings.logLevel = $0 }
        try read(.logFormat, { LogFormat(rawValue: $0) }) { settings.logFormat = $0 }
        try read(.drainSeconds, Self.seconds) { settings.drain = $0 }
        if settings.tlsIdentities.isEmpty, settings.tlsClientAuthority != nil {
            throw SettingsError("tls-key and tls-client-authority need tls-certificate")
        }
        try check(&settings.ropeScaling)
        return settings
    }

    private func readConnectionLimits(into settings: inout ServeSettings) throws(SettingsError) {
        try read(.trustedProxy, Self.proxies) { settings.trustedProxies = $0 }
        try read(.maxConnections, Self.wholeNumber(1...1_000_000)) { settings.connectionLimit = $0 }
        try read(.maxBodySize, Self.limitSize) { settings.httpLimits.bodyByteLimit = $0 }
        try read(.maxHeadSize, Self.limitSize) { settings.httpLimits.headByteLimit = $0 }
        try read(.maxLineSize, Self.limitSize) { settings.httpLimits.lineByteLimit = $0 }
        try read(.maxFields, Self.wholeNumber(1...10_000)) { settings.httpLimits.fieldLimit = $0 }
        try read(.headSeconds, Self.patience) { settings.httpLimits.headTimeout = $0 }
        try read(.bodySeconds, Self.patience) { settings.httpLimits.bodyWindow = $0 }
        try read(.idleSeconds, Self.patience) { settings.httpLimits.idleTimeout = $0 }
        try read(.sendSeconds, Self.patience) { settings.httpLimits.writeTimeout = $0 }
    }

    /// A factor alone means YaRN with that factor; and what the method has no use for is refused.
    private func check(_ scaling: inout RopeScaling) throws(SettingsError) {
        switch scaling.method {
        case .automatic where scaling.factor != nil: scaling.method = .yarn
        case .automatic where scaling.originalContextLength != nil:
            throw SettingsError("yarn-original-context needs rope-scaling yarn or by-length")
        case .none where scaling.factor != nil || scaling.originalContextLength != nil:
            throw SettingsError("rope-scaling none takes neither rope-scale nor yarn-original-context")
        case .linear where scaling.factor == nil: throw SettingsError("rope-scaling linear needs rope-scale")
        case .automatic, .none, .linear, .yarn, .byLength: return
        }
    }

    /// The variables that are ours to read, less what an orchestrator put there.
    ///
    /// Kubernetes describes a Service named `ponder` as `PONDER_PORT=tcp://10.0.0.7:80`, which was never meant for us.
    private static func own(_ environment: [String: String]) -> [String: String] {
        environment.filter { name, value in
            name.hasPrefix("PONDER_") && !(name == Setting.port.environmentName && value.hasPrefix("tcp://"))
        }
    }
}

extension SettingsLoader {
    private func read(_ setting: Setting, into assign: (String) -> Void) throws(SettingsError) {
        try read(setting, { $0.isEmpty ? nil : $0 }, into: assign)
    }

    /// Assigns the setting's value where any source has one, and leaves the default where none has.
    private func read<Value>(
        _ setting: Setting,
        _ parse: (String) -> Value?,
        into assign: (Value) -> Void
    ) throws(SettingsError) {
        for source in sources {
            guard let text = try source.text(of: setting) else { continue }
            guard let value = parse(text) else {
                throw SettingsError(
                    place: source.place(setting),
                    value: setting == .apiKey ? nil : text,
                    expectation: setting.expectation
                )
            }
            assign(value)
            return
        }
    }

    /// Certificates with their keys, which may stand in the certificates' own files.
    private func identities() throws(SettingsError) -> [TLSIdentity] {
        var (certificates, keys): ([String], [String]) = ([], [])
        try read(.tlsCertificate, Self.paths) { certificates = $0 }
        try read(.tlsKey, Self.paths) { keys = $0 }
        if certificates.isEmpty, !keys.isEmpty {
            throw SettingsError("tls-key and tls-client-authority need tls-certificate")
        }
        guard keys.isEmpty || keys.count == certificates.count else {
            throw SettingsError("tls-key has \(keys.count) files, and tls-certificate \(certificates.count)")
        }
        return zip(certificates, keys.isEmpty ? certificates : keys).map { TLSIdentity(certificate: $0, key: $1) }
    }

    private static func paths(_ text: String) -> [String]? {
        let paths = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        return paths.contains("") ? nil : paths
    }

    private static func wholeNumber(_ range: ClosedRange<Int>) -> (String) -> Int? {
        { text in Int(text).flatMap { range.contains($0) ? $0 : nil } }
    }

    /// Also takes `auto`, which is the nil inside.
    private static func automatic<Value>(_ parse: @escaping (String) -> Value?) -> (String) -> Value?? {
        { text in text == "auto" ? .some(nil) : parse(text).map(Optional.some) }
    }

    private static func limitSize(_ text: String) -> Int? {
        size(text).flatMap { 1 << 10...1 << 30 ~= $0 ? $0 : nil }
    }

    /// A time that is waited for at all.
    private static func patience(_ text: String) -> Duration? {
        seconds(text).flatMap { $0 >= .milliseconds(100) ? $0 : nil }
    }

    private static func proxies(_ text: String) -> TrustedProxies? {
        TrustedProxies(text.split(separator: ",", omittingEmptySubsequences: false))
    }

    private static func factor(_ text: String) -> Double? {
        Double(text).flatMap { $0 > 1 && $0 <= 1024 ? $0 : nil }
    }

    private static func cacheFormat(_ text: String) -> KVCacheFormat? {
        KVCacheFormat.allCases.first { "\($0)" == text }
    }

    private static func activationFormat(_ text: String) -> ActivationFormat? {
        ActivationFormat.allCases.first { "\($0)" == text }
    }

    /// Also as YAML reads the words.
    private static func onOrOff(_ text: String) -> Bool? {
        ["on": true, "true": true, "off": false, "false": false][text]
    }

    private static func size(_ text: String) -> Int? {
        ByteCount(text)?.value
    }

    private static func folder(_ text: String) -> String? {
        var isFolder: ObjCBool = false
        let exists = unsafe FileManager.default.fileExists(atPath: text, isDirectory: &isFolder)
        return exists && isFolder.boolValue ? text : nil
    }

    private static func name(_ text: String) -> String? {
        text.isEmpty || text.contains { $0.isWhitespace || $0.isNewline } ? nil : text
    }

    private static func names(_ text: String) -> [String]? {
        let names = text.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        return names.contains { name($0) == nil } ? nil : names
    }

    /// A key travels in a header, which holds visible ASCII only.
    private static func keys(_ text: String) -> [String]? {
        let keys = text.split(separator: ",", omittingEmptySubsequences: false)
        let areUsable = keys.allSatisfy { key in !key.isEmpty && key.utf8.allSatisfy { 0x21...0x7e ~= $0 } }
        return areUsable ? keys.map(String.init) : nil
    }

    /// `none` is the nil inside.
    private static func limit(_ text: String) -> Int?? {
        text == "none" ? .some(nil) : wholeNumber(1...1_000_000_000)(text).map(Optional.some)
    }

    /// An origin is a scheme and an authority, without even a slash behind it.
    private static func origins(_ text: String) -> CORS.Origins? {
        if text == "*" { return .any }
        let origins = text.lowercased().split(separator: ",", omittingEmptySubsequences: false).map(String.init)
        let areUsable = origins.allSatisfy { $0.wholeMatch(of: /[a-z][a-z0-9+.-]*:\/\/[^\s\/?#@]+/) != nil }
        return areUsable ? .only(Set(origins)) : nil
    }

    private static func targets(_ text: String) -> [ListenTarget]? {
        let parts = text.split(separator: ",", omittingEmptySubsequences: false)
        let targets = parts.compactMap { ListenTarget(String($0)) }
        return targets.count == parts.count ? targets : nil
    }

    private static func permissions(_ text: String) -> UInt32? {
        text.count == 3 ? UInt32(text, radix: 8) : nil
    }

    private static func seconds(_ text: String) -> Duration? {
        guard let seconds = Double(text), (0...86_400).contains(seconds) else { return nil }
        return .seconds(seconds)
    }
}
