/// What BF16 weights are multiplied with. All other formats have one way only.
public enum ActivationFormat: Sendable, CaseIterable {
    /// Activations as they are.
    case f32
    /// Activations rounded to BF16, as PyTorch has them in a model of that type: processors with products of BF16 read
    /// prompts 1.4 to 1.6 times as fast, and replies change a little.
    case bf16

    /// What suits a processor: rounded where it multiplies BF16 in one go; elsewhere that would take longer than exact products.
    public static func suited(to features: CPUFeatures) -> ActivationFormat {
        features.instructionSet == .avx512BF16 ? .bf16 : .f32
    }
}
