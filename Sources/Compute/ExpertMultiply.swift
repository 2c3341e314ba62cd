internal import CKernels

/// The three projections of a layer's experts.
public struct ExpertLayer: Sendable {
    public let gate: ExpertWeights
    public let up: ExpertWeights
    public let down: ExpertWeights

    /// - Parameters:
    ///   - gate: [inner x hidden] of each expert.
    ///   - up: [inner x hidden] of each expert.
    ///   - down: [hidden x inner] of each expert.
    public init(gate: ExpertWeights, up: ExpertWeights, down: ExpertWeights) {
        precondition(
            gate.expertCount == up.expertCount && gate.expertCount == down.expertCount, "Experts are complete.")
        precondition(gate.rows == up.rows && gate.rows == down.columns, "The experts' inner sizes agree.")
        precondition(gate.columns == up.columns && gate.columns == down.rows, "The experts' hidden sizes agree.")
        self.gate = gate
        self.up = up
        self.down = down
    }
}

/// Which experts each row goes to: filled by `route`, read by `multiplyExperts`.
@safe
public final class ExpertRouting {
    public let rowLimit: Int
    public let choices: Int
    /// [rows x choices], best first.
    public let experts: AlignedBuffer<Int32>
    /// [rows x choices], the weight of each chosen expert's output.
    public let shares: AlignedBuffer<Float>

    /// - Parameters:
    ///   - rowLimit: The most rows of a step.
    ///   - choices: Experts of a row.
    public init(rowLimit: Int, choices: Int) {
        self.rowLimit = rowLimit
        self.choices = choices
        experts = AlignedBuffer(count: rowLimit * choices)
        shares = AlignedBuffer(count: rowLimit * choices)
    }

    /// Bytes of its memory.
    public var byteCount: Int { experts.byteCount + shares.byteCount }

    /// What each row of the limit adds to that.
    public static func byteCountPerRow(choices: Int) -> Int {
        choices * (MemoryLayout<Int32>.stride + MemoryLayout<Float>.stride)
    }
}

/// Chooses each row's experts: softmax over all logits, then the largest, the lower index first among equals.
///
/// - Parameters:
///   - logits: [rows x experts]; replaced by the probabilities.
///   - renormalizes: Whether the shares are divided by their sum (`norm_topk_prob`).
///   - routing: Written.
///   - pool: Who computes.
public func route(_ logits: RowsView, renormalizes: Bool, into routing: ExpertRouting, pool: WorkerPool) {
    precondition(logits.count <= routing.rowLimit && routing.choices <= logits.columns, "The choice fits the experts.")
    unsafe route_on_pool(
        pool.workers,
        pool.kernels,
        logits.rows,
        routing.choices,
        renormalizes,
        routing.experts.pointer,
        routing.shares.pointer
    )
}

/// Memory for `multiplyExperts`, sized once for the largest step.
@safe
public final class ExpertScratch {
    private let rowLimit: Int
    private let choices: Int
    private let expertCount: Int
    private let hidden: Int
    private let inner: Int
    private let gateBlocks: AlignedBuffer<activation_block>
    private let gates: AlignedBuffer<Float>
    private let outputs: AlignedBuffer<Float>
    private let expertStarts: AlignedBuffer<Int>
    private let visitedExperts: AlignedBuffer<Int>
    private let slotOfChoice: AlignedBuffer<Int>
    private let outputPointers: AlignedBuffer<UnsafeMutablePointer<Float>?>
    private let slotInputs: AlignedBuffer<UnsafePointer<Float>?>
    private let slotInputBlocks: AlignedBuffer<UnsafePointer<activation_block>?>
    private let slotGates: AlignedBuffer<UnsafeMutablePointer<Float>?>
    private let slotGateBlocks: AlignedBuffer<UnsafeMutablePointer<activation_block>?>
    private let slotOutputs: AlignedBuffer<UnsafeMutablePointer<Float>?>

    /// Experts that had rows, added up over all calls: how often an expert's weights were read.
    public private(set) var visitCount = 0
    /// The rows that they had, a row counted for each of its experts.
    public private(set) var visitedRowCount = 0

    /// - Parameters:
    ///   - rowLimit: The most rows of a step.
    ///   - choices: Experts of a row.
    ///   - expertCount: Experts of a layer.
    ///   - hidden: Columns of the rows.
    ///   - inner: Rows of an expert's gate.
    public init(rowLimit: Int, choices: Int, expertCount: Int, hidden: Int, inner: Int) {
        self.rowLimit = rowLimit
        self.choices = choices
        self.expertCount = expertCount
        self.hidden = hidden
        self.inner = inner
        let slots = rowLimit * choices
        gateBlocks = AlignedBuffer(count: slots * activation_block_count(inner))
        gates = AlignedBuffer(count: slots * inner)
        outputs = AlignedBuffer(count: slots * hidden)
        expertStarts = AlignedBuffer(count: expertCount + 1)
        visitedExperts = AlignedBuffer(count: expertCount)
        slotOfChoice = AlignedBuffer(count: slots)
        unsafe outputPointers = AlignedBuffer(count: rowLimit)
        unsafe slotInputs = AlignedBuffer(count: slots)
        unsafe slotInputBlocks = AlignedBuffer(count: slots)
        unsafe slotGates = AlignedBuffer(count: slots)
        unsafe slotGateBlocks = AlignedBuffer(count: slots)
        unsafe slotOutputs = AlignedBuffer(count: slots)
        for slot in 0..<slots {
            unsafe slotGates.pointer[slot] = gates.pointer + slot * inner
            unsafe slotGateBlocks.pointer[slot] = gateBlocks.pointer + slot * activation_block_count(inner)
            unsafe slotOutputs.pointer[slot] = outputs.pointer + slot * hidden
        }
    }

    /// Bytes of its memory.
    public var byteCount: Int {
        let slots = unsafe slotInputs.byteCount * 5 + slotOfChoice.byteCount
        let floats = gates.byteCount + outputs.byteCount
        return unsafe outputPointers.byteCount + slots + gateBlocks.byteCount + floats + expertStarts.byteCount
            + visitedExperts.byteCount
    }

    /// What each row of the limit adds to that.
    public static func byteCountPerRow(choices: Int, hidden: Int, inner: Int) -> Int {
        let (block, pointer) = (MemoryLayout<activation_block>.stride, MemoryLayout<Int>.stride)
        let slot =
            activation_block_count(inner) * block + (inner + hidden) * MemoryLayout<Float>.stride + 6 * pointer
        return pointer + choices * slot
    }

    fileprivate func multiply(
        _ input: MultiplyInput, by layer: ExpertLayer, routing: ExpertRouting, into results: RowsView, pool: WorkerPool
    ) {
        let rows = input.rows
        precondition(rows.count <= rowLimit && rows.count <= routing.rowLimit, "The rows fit the limit.")
        precondition(choices == routing.choices && expertCount == layer.gate.expertCount, "The scratch fits the layer.")
        precondition(hidden == layer.gate.columns && inner == layer.gate.rows, "The scratch fits the layer.")
        precondition(rows.columns == hidden && results.columns == hidden, "The rows are as long as the experts'.")
        precondition(results.count == rows.count, "Every row has a result.")
        for index in 0..<rows.count * choices {
            let expert = Int(unsafe routing.experts.pointer[index])
            precondition(expert >= 0 && expert < expertCount, "A chosen expert exists.")
        }
        input.quantize(as: .wanted(by: layer.gate.format, layer.up.format), pool: pool)
        for row in 0..<rows.count {
            unsafe outputPointers.pointer[row] = results.pointer + row * results.stride
        }
        var plan = unsafe expert_plan(
            expert_count: expertCount,
            gate: layer.gate.tiles.views,
            up: layer.up.tiles.views,
            down: layer.down.tiles.views,
            row_count: rows.count,
            choices: choices,
            experts: routing.experts.pointer,
            shares: routing.shares.pointer,
            inputs: input.valuePointers.pointer,
            input_blocks: input.blockPointers.pointer,
            outputs: outputPointers.pointer,
            expert_starts: expertStarts.pointer,
            visited_experts: visitedExperts.pointer,
            slot_of_choice: slotOfChoice.pointer,
            slot_inputs: slotInputs.pointer,
            slot_input_blocks: slotInputBlocks.pointer,
            slot_gates: slotGates.pointer,
            slot_gate_blocks: slotGateBlocks.pointer,
            slot_outputs: slotOutputs.pointer
        )
        visitedRowCount += rows.count * choices
        visitCount += unsafe multiply_experts_on_pool(pool.workers, pool.kernels, &plan)
    }
}

/// A mixture of experts' feed-forward for a whole batch:
/// result row = sum over the row's choices, in their order, of share · down(silu(gate(x)) · up(x)).
///
/// Each expert's weights are read once, whatever the number of its rows. A row's result does not depend on the others.
///
/// - Parameters:
///   - input: [rows x hidden].
///   - layer: The experts.
///   - routing: Each row's experts and shares.
///   - results: [rows x hidden]: written; not the input.
///   - scratch: Sized for at least this many rows.
///   - pool: Who computes.
public func multiplyExperts(
    _ input: MultiplyInput, by layer: ExpertLayer, routing: ExpertRouting, into results: RowsView,
    scratch: ExpertScratch,
    pool: WorkerPool
) {
    scratch.multiply(input, by: layer, routing: routing, into: results, pool: pool)
}
