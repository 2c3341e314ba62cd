/// A context window of a model, and how its positions turn heads.
struct RotaryWindow: Hashable, Sendable {
    var rotary: RotarySettings
    /// The most tokens of a sequence.
    var length: Int

    var contextWindow: ContextWindow { ContextWindow(factor: rotary.yarnFactor, length: length) }
}

extension Qwen3Configuration {
    /// Qwen documents YaRN up to this factor: 131,072 tokens of an original 32,768.
    private static let documentedFactor = 4.0

    /// The same model with its positions stretched as somebody wants.
    ///
    /// - Throws: `ModelError.invalidSetting` where the method lacks its factor or cannot use it, and `unsupportedSetting` where attention over a
    ///   sliding window would be needed.
    func scaled(by scaling: RopeScaling, source: String) throws(ModelError) -> Qwen3Configuration {
        if let factor = scaling.factor, !(factor > 0 && factor <= RotarySettings.factorLimit) {
            throw .invalidSetting(
                source: source, key: "rope-scale", expected: "a number above 0", found: "\(factor)")
        }
        var result = self
        switch scaling.method {
        case .automatic:
            guard let wanted = scaling.contextLength, wanted > contextLength, rotary.scaling == .none else {
                return self
            }
            result.lengthWindows = windowsByLength(scaling)
        case .none:
            result.setRotary(plainRotary, length: nativeLength)
        case .linear:
            var rotary = plainRotary
            let factor = try factor(of: scaling, source: source)
            rotary.scaling = .linear(factor: factor)
            result.setRotary(rotary, length: Self.length(of: nativeLength, stretched: factor))
        case .yarn:
            let rotary = yarn(factor: try factor(of: scaling, source: source), scaling)
            result.setRotary(rotary, length: rotary.contextLength(of: nativeLength))
        case .byLength:
            result.lengthWindows = windowsByLength(scaling)
        }
        for window in result.windows { try window.rotary.check(source: source) }
        result.contextLength = result.windows.last?.length ?? contextLength
        if let slidingWindow, result.contextLength > slidingWindow {
            throw .unsupportedSetting(
                source: source, key: "a context of \(result.contextLength) tokens", found: "beyond \(slidingWindow)",
                reason: "attention over a sliding window is not computed")
        }
        return result
    }

    private mutating func setRotary(_ rotary: RotarySettings, length: Int) {
        self.rotary = rotary
        lengthWindows = [RotaryWindow(rotary: rotary, length: length)]
    }

    private func factor(of scaling: RopeScaling, source: String) throws(ModelError) -> Double {
        if let factor = scaling.factor { return factor }
        if case .yarn(let yarn) = rotary.scaling, scaling.method == .yarn { return yarn.factor }
        throw .invalidSetting(
            source: source, key: "rope-scaling \(scaling.method.rawValue)", expected: "a rope-scale", found: "none")
    }

    /// The window without YaRN, and behind it one for each doubling, as far as the largest factor or what is asked for.
    private func windowsByLength(_ scaling: RopeScaling) -> [RotaryWindow] {
        let declared: Double? = if case .yarn(let yarn) = rotary.scaling { yarn.factor } else { nil }
        let largest = scaling.factor ?? declared ?? Self.documentedFactor
        let wanted = scaling.contextLength ?? Qwen3Limits.contextLength.upperBound
        var windows = [RotaryWindow(rotary: plainRotary, length: nativeLength)]
        var factor = 2.0
        while factor < 2 * largest {
            let rotary = yarn(factor: min(factor, largest), scaling)
            let length = Self.length(of: originalLength(scaling), stretched: min(factor, largest))
            guard let last = windows.last, last.length < wanted else { break }
            if length > last.length { windows.append(RotaryWindow(rotary: rotary, length: length)) }
            factor *= 2
        }
        if let last = windows.indices.last, windows.count > 1 {
            windows[last].length = min(windows[last].length, wanted)
        }
        return windows
    }

    /// YaRN with another factor, and all else as the checkpoint has it.
    private func yarn(factor: Double, _ scaling: RopeScaling) -> RotarySettings {
        var settings = plainRotary
        var yarn = RotarySettings.YaRN(
            factor: factor, originalContextLength: originalLength(scaling),
            attentionFactor: RotarySettings.YaRN.attentionFactor(factor))
        if case .yarn(let declared) = rotary.scaling {
            yarn.fastRotations = declared.fastRotations
            yarn.slowRotations = declared.slowRotations
            yarn.truncatesRamp = declared.truncatesRamp
            if declared.factor == factor { yarn.attentionFactor = declared.attentionFactor }
        }
        settings.scaling = .yarn(yarn)
        return settings
    }

    private var plainRotary: RotarySettings { RotarySettings(base: rotary.base) }

    /// The tokens of a sequence whose positions are not stretched.
    ///
    /// A checkpoint with YaRN names either those or, where its file was edited, the stretched ones.
    private var nativeLength: Int {
        guard case .yarn(let yarn) = rotary.scaling else { return positionCount }
        let stretched = Self.length(of: yarn.originalContextLength, stretched: yarn.factor)
        return positionCount >= stretched ? yarn.originalContextLength : positionCount
    }

    /// The context that YaRN's ramp is worked out for.
    ///
    /// Qwen3's files say 40,960 positions: the 32,768 of its training, which is what Qwen documents for YaRN, and 8,192 for a
    /// prompt before a reply of that length (Qwen3's model cards, "Processing Long Texts").
    private func originalLength(_ scaling: RopeScaling) -> Int {
        if let length = scaling.originalContextLength { return length }
        if case .yarn(let yarn) = rotary.scaling { return yarn.originalContextLength }
        return positionCount == 40_960 ? 32_768 : positionCount
    }

    private static func length(of tokenCount: Int, stretched factor: Double) -> Int {
        Int(max(1, min((Double(tokenCount) * factor).rounded(), Double(Qwen3Limits.contextLength.upperBound))))
    }
}
