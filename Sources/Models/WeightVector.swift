internal import Compute

/// The weight of an RMSNorm or a projection's bias as floats, `[columns]`.
@safe
final class WeightVector: Sendable {
    private let values: AlignedBuffer<Float>

    init(_ matrix: WeightMatrix) {
        precondition(matrix.rows == 1, "A vector is one row.")
        values = AlignedBuffer(count: matrix.columns)
        unsafe matrix.row(0, into: values.pointer)
    }

    var pointer: UnsafePointer<Float> { unsafe UnsafePointer(values.pointer) }
}
