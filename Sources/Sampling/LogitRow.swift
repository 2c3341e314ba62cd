/// A row of logits as the sampler works on it: a copy, padded with −∞ to whole blocks, and the maximum of each block.
///
/// The maxima let every later pass skip the blocks that hold nothing it looks for, which are nearly all.
@safe
struct LogitRow: ~Copyable {
    static let blockLength = 64
    private static let laneCount = 8

    private let capacity: Int
    private let values: UnsafeMutablePointer<Float>
    private let maxima: UnsafeMutablePointer<Float>
    private let weights: UnsafeMutablePointer<Double>
    /// Logits in the row, without the padding.
    private(set) var count = 0

    init(capacity: Int) {
        let blockCount = max(1, (capacity + Self.blockLength - 1) / Self.blockLength)
        self.capacity = blockCount * Self.blockLength
        unsafe values = UnsafeMutablePointer<Float>.allocate(capacity: self.capacity)
        unsafe maxima = UnsafeMutablePointer<Float>.allocate(capacity: blockCount)
        unsafe weights = UnsafeMutablePointer<Double>.allocate(capacity: blockCount)
    }

    deinit {
        unsafe values.deallocate()
        unsafe maxima.deallocate()
        unsafe weights.deallocate()
    }

    var blockCount: Int { (count + Self.blockLength - 1) / Self.blockLength }

    subscript(index: Int) -> Float {
        get {
            precondition(index >= 0 && index < count)
            return unsafe values[index]
        }
        set {
            precondition(index >= 0 && index < count)
            unsafe values[index] = newValue
        }
    }

    /// Copies the first `count` logits of a row.
    mutating func load(_ row: UnsafeMutableBufferPointer<Float>, count: Int) {
        self.count = min(count, row.count, capacity)
        if let source = row.baseAddress {
            unsafe values.update(from: source, count: self.count)
        }
        for index in self.count..<blockCount * Self.blockLength {
            unsafe values[index] = -.infinity
        }
    }

    /// Makes every logit −∞.
    mutating func clear() {
        unsafe values.update(repeating: -.infinity, count: blockCount * Self.blockLength)
    }

    /// Finds the maximum of each block and answers that of the row; what is not a number counts as −∞.
    mutating func findMaxima() -> Float {
        var maximum = -Float.infinity
        for block in 0..<blockCount {
            var lanes = SIMD8<Float>(repeating: -.infinity)
            for part in 0..<Self.blockLength / Self.laneCount {
                let next = self.lanes(block, part)
                lanes = lanes.replacing(with: next, where: next .> lanes)
            }
            let highest = max(
                max(max(lanes[0], lanes[1]), max(lanes[2], lanes[3])),
                max(max(lanes[4], lanes[5]), max(lanes[6], lanes[7])))
            unsafe maxima[block] = highest
            maximum = max(maximum, highest)
        }
        return maximum
    }

    /// The first index that holds the value, which is the row's maximum.
    func firstIndex(of maximum: Float) -> Int? {
        for block in 0..<blockCount where unsafe maxima[block] == maximum {
            for index in block * Self.blockLength..<min(count, (block + 1) * Self.blockLength)
            where unsafe values[index] == maximum {
                return index
            }
        }
        return nil
    }

    /// Calls `body` for each logit above the threshold, in ascending order of ids; `body` answers the next threshold.
    @inline(__always)
    func forEach(above threshold: Float, _ body: (_ id: Int32, _ logit: Float) -> Float) {
        var threshold = threshold
        for block in 0..<blockCount where unsafe maxima[block] > threshold {
            let start = block * Self.blockLength
            for index in start..<start + Self.blockLength {
                let logit = unsafe values[index]
                if logit > threshold {
                    threshold = body(Int32(truncatingIfNeeded: index), logit)
                }
            }
        }
    }

    /// Σ e^((logit − maximum) · scale) over the row.
    func sumOfWeights(maximum: Float, scale: Float) -> Double {
        var total = 0.0
        for block in 0..<blockCount {
            var lanes = SIMD8<Float>(repeating: 0)
            for part in 0..<Self.blockLength / Self.laneCount {
                lanes += Exponential.values((self.lanes(block, part) - maximum) * scale)
            }
            total += Self.sum(lanes)
        }
        return total
    }

    /// Finds each block's Σ e^((logit − maximum) · scale) over the logits that the cutoff admits, and answers their sum.
    mutating func findWeights(cutoff: Cutoff, maximum: Float, scale: Float) -> Double {
        var total = 0.0
        for block in 0..<blockCount {
            let weight = sumOfWeights(block: block, cutoff: cutoff, maximum: maximum, scale: scale)
            unsafe weights[block] = weight
            total += weight
        }
        return total
    }

    /// The weight of a block that `findWeights` found.
    func weight(ofBlock block: Int) -> Double {
        precondition(block >= 0 && block < blockCount)
        return unsafe weights[block]
    }

    private func sumOfWeights(block: Int, cutoff: Cutoff, maximum: Float, scale: Float) -> Double {
        guard unsafe maxima[block] >= cutoff.logit else { return 0 }
        // Vectors on both sides: comparing with a single number takes the slow, generic way.
        let limit = SIMD8<Float>(repeating: cutoff.logit)
        let lastID = SIMD8<Int32>(repeating: cutoff.id)
        var lanes = SIMD8<Float>(repeating: 0)
        for part in 0..<Self.blockLength / Self.laneCount {
            let logits = self.lanes(block, part)
            let first = Int32(truncatingIfNeeded: block * Self.blockLength + part * Self.laneCount)
            let ids = SIMD8<Int32>(0, 1, 2, 3, 4, 5, 6, 7) &+ SIMD8<Int32>(repeating: first)
            let isAbove: SIMDMask<SIMD8<Int32>> = limit .< logits
            let isAt: SIMDMask<SIMD8<Int32>> = limit .== logits
            let isEarly: SIMDMask<SIMD8<Int32>> = ids .<= lastID
            let weights = Exponential.values((logits - maximum) * scale)
            lanes += SIMD8<Float>(repeating: 0).replacing(with: weights, where: isAbove .| (isAt .& isEarly))
        }
        return Self.sum(lanes)
    }

    @inline(__always)
    private func lanes(_ block: Int, _ part: Int) -> SIMD8<Float> {
        let start = block &* Self.blockLength &+ part &* Self.laneCount
        return unsafe UnsafeRawPointer(values + start).loadUnaligned(as: SIMD8<Float>.self)
    }

    @inline(__always)
    private static func sum(_ lanes: SIMD8<Float>) -> Double {
        var total = 0.0
        for lane in 0..<laneCount {
            total += Double(lanes[lane])
        }
        return total
    }
}

/// Where the filters cut: admits every logit above its own, and of those that equal it the ids up to its own.
struct Cutoff: Hashable, BitwiseCopyable {
    var logit: Float
    var id: Int32

    static let none = Cutoff(logit: -.infinity, id: .max)

    @inline(__always)
    func admits(_ candidateLogit: Float, id candidateID: Int32) -> Bool {
        candidateLogit > logit || (candidateLogit == logit && candidateID <= id)
    }
}
