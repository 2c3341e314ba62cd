import Configuration

/// One place where settings may stand: the flags, the environment or a file.
struct SettingsSource: Sendable {
    /// What the source holds.
    let snapshot: any ConfigSnapshot

    /// A setting's name as this source writes it, for messages.
    let place: @Sendable (Setting) -> String

    /// The setting's value as text, nil where the source says nothing about it.
    ///
    /// A list's elements are joined with commas; only `Setting.apiKey` and `Setting.reasoningBudgets` take more than one.
    func text(of setting: Setting) throws(SettingsError) -> String? {
        let key = AbsoluteConfigKey([setting.rawValue])
        for type in [ConfigType.string, .stringArray, .int, .double, .bool] {
            guard let result = try? snapshot.value(forKey: key, type: type) else { continue }
            return result.value.map { Self.text(of: $0.content) }
        }
        throw SettingsError(place: place(setting), value: nil, expectation: setting.expectation)
    }

    private static func text(of content: ConfigContent) -> String {
        switch content {
        case .string(let text): text
        case .stringArray(let texts): texts.joined(separator: ",")
        case .int(let number): String(number)
        case .double(let number): String(number)
        case .bool(let flag): String(flag)
        default: ""
        }
    }
}

extension SettingsSource {
    /// The flags that were given.
    init(flags: [Setting: String]) {
        var values: [AbsoluteConfigKey: ConfigValue] = [:]
        for (setting, text) in flags {
            values[AbsoluteConfigKey([setting.rawValue])] = ConfigValue(.string(text), isSecret: setting == .apiKey)
        }
        snapshot = InMemoryProvider(values: values).snapshot()
        place = { $0 == .model ? "MODEL" : "--\($0.rawValue)" }
    }

    /// The variables named `PONDER_…`.
    init(environment: [String: String]) {
        let provider = EnvironmentVariablesProvider(environmentVariables: environment)
        snapshot = provider.prefixKeys(with: "ponder").snapshot()
        place = \.environmentName
    }
}
