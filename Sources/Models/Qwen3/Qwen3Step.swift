internal import Compute

/// The views of the scratch memory that one forward pass works on: as many rows as its batch has.
@safe
struct Qwen3Step {
    let pool: WorkerPool
    /// What a branch's first matrices multiply, and what its last one does.
    let input: MultiplyInput
    let gatedInput: MultiplyInput
    let sequences: AttentionBatch
    let mixture: Qwen3Scratch.Mixture?
    /// The residual stream, `[rows × hidden]`.
    let hidden: RowsView
    let normed: RowsView
    /// What a branch adds to the stream, `[rows × hidden]`.
    let branch: RowsView
    /// `[rows × heads · headDimension]`.
    let queries: RowsView
    /// `[rows × key and value heads · headDimension]`.
    let keys: RowsView
    let values: RowsView
    /// `[rows × inner]`.
    let gates: RowsView
    /// `[rows × experts]`.
    let routerLogits: RowsView
    let rotations: RotationTables
    let rotationRows: UnsafeBufferPointer<Int32>
    let slots: UnsafeBufferPointer<Int32>

    init(_ scratch: Qwen3Scratch, _ configuration: Qwen3Configuration, rowCount: Int, pool: WorkerPool) {
        func view(_ pointer: UnsafeMutablePointer<Float>, _ columns: Int) -> RowsView {
            unsafe RowsView(pointer, count: rowCount, columns: columns)
        }
        self.pool = pool
        input = scratch.input
        gatedInput = scratch.gatedInput
        sequences = scratch.sequences
        mixture = scratch.mixture
        hidden = unsafe view(scratch.hidden.pointer, configuration.hiddenSize)
        normed = unsafe view(scratch.normed.pointer, configuration.hiddenSize)
        branch = unsafe view(scratch.branch.pointer, configuration.hiddenSize)
        queries = unsafe view(scratch.queries.pointer, configuration.queryWidth)
        keys = unsafe view(scratch.keys.pointer, configuration.keyValueWidth)
        values = unsafe view(scratch.values.pointer, configuration.keyValueWidth)
        gates = unsafe view(scratch.gates.pointer, configuration.feedForwardSize)
        routerLogits = unsafe view(scratch.routerLogits.pointer, configuration.mixture?.expertCount ?? 0)
        rotations = unsafe RotationTables(
            cosines: scratch.cosines.pointer,
            sines: scratch.sines.pointer,
            positionCount: rowCount
        )
        unsafe rotationRows = UnsafeBufferPointer(start: scratch.rotationRows.pointer, count: rowCount)
        unsafe slots = UnsafeBufferPointer(start: scratch.slots.pointer, count: rowCount)
    }
}
