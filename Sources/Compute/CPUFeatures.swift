internal import CKernels

/// Instruction sets that have kernels of their own: first x86-64's, then arm64's, each in ascending order.
public enum InstructionSet: Int, Sendable, CaseIterable, Comparable {
    /// Plain C: the specification that the others equal bit for bit.
    case portable
    /// AVX2 with FMA and F16C.
    case avx2
    /// AVX2 with FMA, F16C and AVX-VNNI.
    case avx2VNNI
    /// AVX-512 F, BW, VL, DQ and VNNI.
    case avx512
    /// AVX-512 F, BW, VL, DQ, VNNI and BF16.
    case avx512BF16
    /// NEON with dot products.
    case neon
    /// NEON with products of signed and unsigned bytes as well.
    case neonI8MM

    public static func < (left: InstructionSet, right: InstructionSet) -> Bool { left.rawValue < right.rawValue }
}

/// What the kernels may use of this machine.
public struct CPUFeatures: Sendable, Equatable {
    public let instructionSet: InstructionSet

    /// The instruction sets that this machine supports, in ascending order; the first one is `portable`.
    public static let supportedSets = InstructionSet.allCases.filter { set in
        instruction_set_is_supported(instruction_set(rawValue: instruction_set.RawValue(set.rawValue)))
    }

    /// The best that this machine has.
    public static let current = CPUFeatures(instructionSet: supportedSets.last ?? .portable)

    /// This machine's features, but nothing above an instruction set: for tests and comparisons.
    public static func limited(to limit: InstructionSet) -> CPUFeatures {
        CPUFeatures(instructionSet: supportedSets.last { $0 <= limit } ?? .portable)
    }
}
