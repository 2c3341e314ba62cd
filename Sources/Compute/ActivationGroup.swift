internal import CKernels

/// How many neighbouring activations share a scale once they are quantised.
public enum ActivationGroup: Int, Sendable, Comparable {
    case of32 = 32
    /// For weights in superblocks of 256 columns, the K-quants and IQ4_XS, as ggml's Q8_K has it.
    case of256 = 256

    public static func < (left: Self, right: Self) -> Bool { left.rawValue < right.rawValue }

    /// What matrices of these formats want of the input that they share: the wider group, which all formats may meet; nil
    /// where none of them wants it quantised.
    public static func wanted(by first: WeightFormat, _ second: WeightFormat, _ third: WeightFormat? = nil) -> Self? {
        wider(wider(first.activationGroup, second.activationGroup), third?.activationGroup)
    }

    private static func wider(_ one: Self?, _ other: Self?) -> Self? {
        guard let one, let other else { return one ?? other }
        return max(one, other)
    }
}

extension WeightFormat {
    /// How the format wants its input quantised, or nil.
    public var activationGroup: ActivationGroup? {
        guard isQuantized else { return nil }
        return activation_group_columns(code) == ActivationGroup.of256.rawValue ? .of256 : .of32
    }
}
