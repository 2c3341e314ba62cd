internal import Compute

/// A row of logits as the sampler works on it: in place, with the maximum of each block.
///
/// The maxima let every later pass skip the blocks that hold nothing it looks for, which are nearly all. What is changed
/// is noted down and put back by `close`.
@safe
struct LogitRow: ~Copyable {
    private struct Change: BitwiseCopyable {
        var index: Int
        var logit: Float
    }

    private static let blockLength = LogitKernels.blockLength

    private let kernels: LogitKernels
    private let capacity: Int
    private var values = unsafe UnsafeMutableBufferPointer<Float>(start: nil, count: 0)
    private let maxima: UnsafeMutablePointer<Float>
    /// The maxima of the blocks of maxima.
    private let groupMaxima: UnsafeMutablePointer<Float>
    private let weights: UnsafeMutablePointer<Double>
    private let blockWeights: UnsafeMutablePointer<Float>
    /// Where a row stands without the logits that a mask forbids; made at the first use.
    private var masked: UnsafeMutableBufferPointer<Float>?
    private var changes: [Change] = []
    private var isMaximumStale = false
    /// The row's highest logit, −∞ if there is none, since `open` or `findMaximum`.
    private(set) var maximum = -Float.infinity

    init(capacity: Int, kernels: LogitKernels) {
        self.kernels = kernels
        self.capacity = capacity
        let blockCount = Self.blockCount(capacity)
        unsafe maxima = UnsafeMutablePointer<Float>.allocate(capacity: blockCount)
        unsafe groupMaxima = UnsafeMutablePointer<Float>.allocate(capacity: Self.blockCount(blockCount))
        unsafe weights = UnsafeMutablePointer<Double>.allocate(capacity: blockCount)
        unsafe blockWeights = UnsafeMutablePointer<Float>.allocate(capacity: Self.blockLength)
    }

    deinit {
        unsafe maxima.deallocate()
        unsafe groupMaxima.deallocate()
        unsafe weights.deallocate()
        unsafe blockWeights.deallocate()
        unsafe masked?.deallocate()
    }

    var count: Int { unsafe values.count }
    var blockCount: Int { Self.blockCount(count) }

    func contains(_ index: Int) -> Bool {
        index >= 0 && index < count
    }

    subscript(index: Int) -> Float {
        get {
            precondition(contains(index))
            return unsafe values[index]
        }
        set {
            precondition(contains(index))
            let before = unsafe values[index]
            let block = index / Self.blockLength
            changes.append(Change(index: index, logit: before))
            unsafe values[index] = newValue
            if unsafe newValue > maxima[block] {
                unsafe maxima[block] = newValue
            } else if unsafe before == maxima[block] {
                findMaximum(ofBlock: block)
            }
            isMaximumStale = true
        }
    }

    /// Takes the first `count` logits of a row, and finds their maxima.
    mutating func open(_ row: UnsafeMutableBufferPointer<Float>, count: Int) {
        unsafe values = UnsafeMutableBufferPointer(rebasing: row.prefix(min(count, capacity)))
        findMaxima()
    }

    /// Puts back what was changed, and answers how the row began: with all its maxima.
    mutating func reopen() {
        restore()
        findMaxima()
    }

    /// Puts back what was changed.
    mutating func close() {
        restore()
        unsafe values = UnsafeMutableBufferPointer(start: nil, count: 0)
    }

    /// Leaves the logits from `count` on out.
    mutating func limit(to count: Int) {
        guard count < self.count else { return }
        unsafe values = UnsafeMutableBufferPointer(rebasing: values.prefix(count))
        if !count.isMultiple(of: Self.blockLength) {
            findMaximum(ofBlock: count / Self.blockLength)
        }
        isMaximumStale = true
        findMaximum()
    }

    /// Goes on with a copy of the row in which every logit is −∞ that the mask forbids.
    mutating func keepOnly(_ mask: TokenMask) {
        restore()
        let copy = unsafe masked ?? .allocate(capacity: capacity)
        unsafe masked = unsafe copy
        for block in 0..<blockCount {
            let word = block < mask.words.count ? mask.words[block] : 0
            let range = indices(ofBlock: block)
            if word == 0 {
                unsafe copy[range].update(repeating: -.infinity)
                continue
            }
            for index in range {
                let isKept = word >> UInt64(index - range.lowerBound) & 1 == 1
                unsafe copy[index] = isKept ? values[index] : -.infinity
            }
        }
        unsafe values = UnsafeMutableBufferPointer(rebasing: copy.prefix(count))
        findMaxima()
    }

    /// Finds the row's maximum after changes.
    mutating func findMaximum() {
        guard isMaximumStale else { return }
        isMaximumStale = false
        maximum = unsafe kernels.findMaxima(maxima, count: blockCount, into: groupMaxima)
    }

    /// Makes every logit −∞ but those given, in ascending order of ids.
    mutating func keepOnly(_ kept: borrowing CandidateList) {
        unsafe maxima.update(repeating: -.infinity, count: blockCount)
        isMaximumStale = true
        var cleared = -1
        for candidate in 0..<kept.count {
            let block = Int(kept[candidate].id) / Self.blockLength
            guard block > cleared else { continue }
            cleared = block
            for index in indices(ofBlock: block) {
                self[index] = -.infinity
            }
            findMaximum(ofBlock: block)
        }
        for candidate in 0..<kept.count {
            self[Int(kept[candidate].id)] = kept[candidate].logit
        }
    }

    /// The first index that holds the value, which is the row's maximum.
    func firstIndex(of maximum: Float) -> Int? {
        for block in 0..<blockCount where unsafe maxima[block] == maximum {
            for index in indices(ofBlock: block) where unsafe values[index] == maximum {
                return index
            }
        }
        return nil
    }

    /// Calls `body` for each block whose maximum is above the threshold, ascending; `body` answers the next threshold.
    @inline(__always)
    func forEachBlock(above threshold: Float, _ body: (_ block: Int, _ maximum: Float) -> Float) {
        var threshold = threshold
        for group in 0..<Self.blockCount(blockCount) where unsafe groupMaxima[group] > threshold {
            let first = group * Self.blockLength
            let count = min(Self.blockLength, blockCount - first)
            var found = unsafe kernels.findAbove(threshold, maxima + first, count: count)
            while found != 0 {
                let block = first + found.trailingZeroBitCount
                found &= found - 1
                let maximum = unsafe maxima[block]
                if maximum > threshold {
                    threshold = body(block, maximum)
                }
            }
        }
    }

    /// Calls `body` for each logit above the threshold, in ascending order of ids; `body` answers the next threshold.
    @inline(__always)
    func forEach(above threshold: Float, _ body: (_ id: Int32, _ logit: Float) -> Float) {
        guard let base = unsafe values.baseAddress else { return }
        var threshold = threshold
        forEachBlock(above: threshold) { block, _ in
            let range = indices(ofBlock: block)
            var found = unsafe kernels.findAbove(threshold, base + range.lowerBound, count: range.count)
            while found != 0 {
                let index = range.lowerBound + found.trailingZeroBitCount
                found &= found - 1
                let logit = unsafe base[index]
                if logit > threshold {
                    threshold = body(Int32(truncatingIfNeeded: index), logit)
                }
            }
            return threshold
        }
    }

    /// Calls `body` for each logit above one threshold and not above another, in ascending order of ids.
    @inline(__always)
    func forEach(above low: Float, upTo high: Float, _ body: (_ id: Int32, _ logit: Float) -> Void) {
        guard let base = unsafe values.baseAddress else { return }
        forEachBlock(above: low) { block, maximum in
            let range = indices(ofBlock: block)
            let start = unsafe base + range.lowerBound
            var found = unsafe kernels.findAbove(low, start, count: range.count)
            if maximum > high {
                found &= unsafe ~kernels.findAbove(high, start, count: range.count)
            }
            while found != 0 {
                let index = range.lowerBound + found.trailingZeroBitCount
                found &= found - 1
                body(Int32(truncatingIfNeeded: index), unsafe base[index])
            }
            return low
        }
    }

    /// Finds each block's Σ e^((logit − maximum) · scale) over the logits that the cutoff admits, and answers their sum.
    mutating func findWeights(cutoff: Cutoff, scale: Float) -> Double {
        guard let base = unsafe values.baseAddress else { return 0 }
        return unsafe kernels.weighBlocks(
            base, count: count, maxima: maxima, cutoff: (cutoff.logit, cutoff.id), maximum: maximum, scale: scale,
            into: weights)
    }

    /// Walks the logits that the cutoff admits, in ascending order of ids, up to the fraction `uniform` of their weight.
    mutating func index(at uniform: Double, cutoff: Cutoff, scale: Float) -> Int {
        var left = uniform * findWeights(cutoff: cutoff, scale: scale)
        var block = 0
        for candidate in 0..<blockCount where unsafe weights[candidate] > 0 {
            block = candidate
            if unsafe left < weights[candidate] {
                break
            }
            left -= unsafe weights[candidate]
        }
        let range = indices(ofBlock: block)
        guard let base = unsafe values.baseAddress else { return 0 }
        unsafe kernels.weigh(
            base + range.lowerBound, count: range.count, maximum: maximum, scale: scale, into: blockWeights)
        // Rounding may leave a rest behind the last token of all; it belongs to that one.
        var picked = 0
        for index in range where cutoff.admits(unsafe base[index], id: Int32(truncatingIfNeeded: index)) {
            let weight = Double(unsafe blockWeights[index - range.lowerBound])
            guard weight > 0 else { continue }
            picked = index
            left -= weight
            if left < 0 {
                break
            }
        }
        return picked
    }

    private mutating func restore() {
        for change in changes.reversed() {
            unsafe values[change.index] = change.logit
        }
        changes.removeAll(keepingCapacity: true)
    }

    private mutating func findMaxima() {
        guard let base = unsafe values.baseAddress else { return }
        _ = unsafe kernels.findMaxima(base, count: count, into: maxima)
        isMaximumStale = true
        findMaximum()
    }

    private func findMaximum(ofBlock block: Int) {
        guard let base = unsafe values.baseAddress else { return }
        let range = indices(ofBlock: block)
        _ = unsafe kernels.findMaxima(base + range.lowerBound, count: range.count, into: maxima + block)
    }

    @inline(__always)
    private func indices(ofBlock block: Int) -> Range<Int> {
        let start = block * Self.blockLength
        return start..<min(count, start + Self.blockLength)
    }

    private static func blockCount(_ count: Int) -> Int {
        (count + blockLength - 1) / blockLength
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
