public import Compute

/// What a model's products with its layers' weights are of.
public enum Arithmetic: String, Hashable, Sendable {
    /// Bytes: so with every quantised format.
    case int8
    /// Weights and activations in BF16.
    case bf16
    case f32
}

extension MachineProbe {
    /// Multiplications and additions of a kind in a second.
    public func operationsPerSecond(_ arithmetic: Arithmetic) -> Double {
        switch arithmetic {
        case .int8: integerOperationsPerSecond
        case .bf16: bfloatOperationsPerSecond
        case .f32: floatOperationsPerSecond
        }
    }
}
