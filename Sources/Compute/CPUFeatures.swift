internal import CKernels

/// Instruction sets that have kernels of their own, in ascending order.
public enum InstructionSet: Int, Sendable, CaseIterable, Comparable {
    /// Plain C: the specification that the others equal bit for bit.
    case portable
    /// AVX2 with FMA and F16C.
    case avx2
    /// AVX-512 F, BW, VL, DQ and VNNI.
    case avx512

    public static func < (left: InstructionSet, right: InstructionSet) -> Bool { left.rawValue < right.rawValue }
}

/// What the kernels may use of this machine.
public struct CPUFeatures: Sendable, Equatable {
    public let instructionSet: InstructionSet

    /// The best that this machine has.
    public static let current = CPUFeatures(
        instructionSet: InstructionSet(rawValue: Int(detected_instruction_set().rawValue)) ?? .portable
    )

    /// This machine's features, but nothing above an instruction set: for tests and comparisons.
    public static func limited(to limit: InstructionSet) -> CPUFeatures {
        CPUFeatures(instructionSet: min(limit, current.instructionSet))
    }
}
