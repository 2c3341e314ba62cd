internal import CKernels

/// Rows that are about to be multiplied: quantised at most once for all the matrices that they meet.
///
/// Made once with room for the largest step; nothing here allocates afterwards.
@safe
public final class MultiplyInput {
    public let rowLimit: Int
    public let columnLimit: Int
    private(set) var rows: RowsView
    private var quantized: ActivationGroup?
    private let blocks: AlignedBuffer<activation_block>
    let valuePointers: AlignedBuffer<UnsafePointer<Float>?>
    let blockPointers: AlignedBuffer<UnsafeMutablePointer<activation_block>?>
    /// For as many matrices as are multiplied at once.
    private let resultPointers: AlignedBuffer<UnsafeMutablePointer<Float>?>
    private static let productLimit = 3

    /// - Parameters:
    ///   - rowLimit: The most rows of a step.
    ///   - columnLimit: The most columns of a row.
    public init(rowLimit: Int, columnLimit: Int) {
        precondition(rowLimit >= 0 && columnLimit >= 0, "Limits are not negative.")
        self.rowLimit = rowLimit
        self.columnLimit = columnLimit
        blocks = AlignedBuffer(count: rowLimit * activation_block_count(columnLimit))
        unsafe valuePointers = AlignedBuffer(count: rowLimit)
        unsafe blockPointers = AlignedBuffer(count: rowLimit)
        unsafe resultPointers = AlignedBuffer(count: rowLimit * Self.productLimit)
        unsafe rows = RowsView(UnsafeMutablePointer(bitPattern: 64).unsafelyUnwrapped, count: 0, columns: 0)
    }

    /// Bytes of its memory.
    public var byteCount: Int {
        unsafe blocks.byteCount + valuePointers.byteCount + blockPointers.byteCount + resultPointers.byteCount
    }

    /// What each row of the limit adds to that.
    public static func byteCountPerRow(columns: Int) -> Int {
        activation_block_count(columns) * MemoryLayout<activation_block>.stride
            + (2 + productLimit) * MemoryLayout<Int>.stride
    }

    /// Takes rows that stay as they are until the last multiplication with them.
    public func load(_ rows: RowsView) {
        load(rows, quantized: nil)
    }

    /// Takes rows whose blocks the caller writes, or leaves to be written when they are needed.
    func load(_ rows: RowsView, quantized: ActivationGroup?) {
        precondition(rows.count <= rowLimit && rows.columns <= columnLimit, "The rows fit the limits.")
        self.rows = rows
        self.quantized = quantized
        let blocksPerRow = activation_block_count(rows.columns)
        for row in 0..<rows.count {
            unsafe valuePointers.pointer[row] = UnsafePointer(rows.pointer + row * rows.stride)
            unsafe blockPointers.pointer[row] = blocks.pointer + row * blocksPerRow
        }
    }

    /// Quantises the rows, unless they are already or need not be.
    func quantize(as group: ActivationGroup?, pool: WorkerPool) {
        guard let group, quantized != group else { return }
        unsafe quantize_on_pool(
            pool.workers,
            pool.kernels,
            rows.count,
            rows.columns,
            group.rawValue,
            valuePointers.pointer,
            blockPointers.pointer
        )
        quantized = group
    }

    /// The rows as the kernels take them, without results.
    var described: multiply_rows {
        unsafe multiply_rows(
            count: rows.count,
            values: valuePointers.pointer,
            blocks: UnsafeRawPointer(blockPointers.pointer).assumingMemoryBound(
                to: UnsafePointer<activation_block>?.self),
            results: nil,
            first_output: 0
        )
    }

    /// A matrix's part of a multiplication with the loaded rows, the `index`th of at most three.
    func product(_ index: Int, _ matrix: WeightMatrix, into results: RowsView) -> weight_product {
        precondition(rows.columns == matrix.columns, "The rows are as long as the matrix's.")
        precondition(
            results.count == rows.count && results.columns == matrix.rows, "The results have the product's shape.")
        return unsafe weight_product(weights: matrix.tiles.views[0], results: pointers(index, results))
    }

    /// Pointers to result rows, which stay until the same `index` is used again.
    func pointers(_ index: Int, _ results: RowsView) -> UnsafeMutablePointer<UnsafeMutablePointer<Float>?> {
        precondition(index < Self.productLimit && results.count <= rowLimit, "The results fit the limits.")
        let pointers = unsafe resultPointers.pointer + index * rowLimit
        for row in 0..<results.count { unsafe pointers[row] = results.pointer + row * results.stride }
        return unsafe pointers
    }
}

/// Multiplies the rows that `input` holds with a matrix: [rows x K] · [N x K]ᵀ → [rows x N], floats in and out.
///
/// A row's result has the same bits whatever other rows there are, on any number of threads and any instruction set.
///
/// - Parameters:
///   - input: The rows.
///   - matrix: What they are multiplied with.
///   - results: [rows x N]: written.
///   - group: How the input is quantised, where matrices share it that want a wider group; nil as this one wants it.
///   - pool: Who computes.
public func multiply(
    _ input: MultiplyInput, by matrix: WeightMatrix, into results: RowsView, quantizing group: ActivationGroup? = nil,
    pool: WorkerPool
) {
    input.quantize(as: group ?? matrix.format.activationGroup, pool: pool)
    var product = unsafe input.product(0, matrix, into: results)
    var rows = unsafe input.described
    unsafe multiply_on_pool(pool.workers, pool.kernels, &product, 1, &rows)
}

/// A matrix and where its products go, [rows x N].
public typealias Projection = (matrix: WeightMatrix, results: RowsView)

/// The same with two or three matrices at once: a layer's queries, keys and values.
public func multiply(
    _ input: MultiplyInput, by first: Projection, _ second: Projection, _ third: Projection? = nil,
    quantizing group: ActivationGroup? = nil, pool: WorkerPool
) {
    let wanted = ActivationGroup.wanted(by: first.matrix.format, second.matrix.format, third?.matrix.format)
    input.quantize(as: group ?? wanted, pool: pool)
    let count = third == nil ? 2 : 3
    var products = unsafe (
        input.product(0, first.matrix, into: first.results),
        input.product(1, second.matrix, into: second.results),
        third.map { unsafe input.product(2, $0.matrix, into: $0.results) } ?? weight_product()
    )
    var rows = unsafe input.described
    unsafe withUnsafeBytes(of: &products) { products in
        let products = unsafe products.assumingMemoryBound(to: weight_product.self)
        unsafe multiply_on_pool(pool.workers, pool.kernels, products.baseAddress, count, &rows)
    }
}

/// The first half of a gated feed-forward: `gates` = silu(gate(x)) · up(x) for the rows that `input` holds.
///
/// - Parameters:
///   - input: [rows x K].
///   - gate: [N x K].
///   - up: [N x K].
///   - gates: [rows x N]: written, unless just what they are quantised is.
///   - output: Another input: holds `gates` afterwards, quantised if there is a `group`.
///   - group: How the matrix that follows wants its input quantised, or nil.
///   - pool: Who computes.
public func multiplyGated(
    _ input: MultiplyInput, gate: WeightMatrix, up: WeightMatrix, into gates: RowsView,
    loading output: MultiplyInput, quantizing group: ActivationGroup?, pool: WorkerPool
) {
    precondition(gate.rows == up.rows && gate.columns == up.columns, "Gate and up have one shape.")
    precondition(output !== input, "There is room for the output.")
    precondition(gate.rows.isMultiple(of: group?.rawValue ?? 1), "Quantised rows are whole groups.")
    input.quantize(as: .wanted(by: gate.format, up.format), pool: pool)
    output.load(gates, quantized: group)
    let gateProduct = unsafe input.product(0, gate, into: gates)
    var product = unsafe gated_product(
        gate: gateProduct.weights,
        up: up.tiles.views[0],
        values: gateProduct.results,
        blocks: group == nil ? nil : output.blockPointers.pointer,
        group_columns: group?.rawValue ?? 0
    )
    var rows = unsafe input.described
    unsafe multiply_gated_on_pool(pool.workers, pool.kernels, &product, &rows)
}
