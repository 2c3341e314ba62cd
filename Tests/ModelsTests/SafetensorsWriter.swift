import Checkpoints
import Foundation

/// A tensor to be written, BF16 unless something else is said.
struct WrittenTensor {
    var name: String
    var type = "BF16"
    var shape: [Int]
    var bytes: [UInt8]

    init(name: String, shape: [Int], bytes: [UInt8]) {
        self.name = name
        self.shape = shape
        self.bytes = bytes
    }

    init(_ record: TensorRecord) {
        self.init(name: record.name, shape: record.shape, bytes: Array(record.bytes))
        type = record.format.name
    }
}

/// Writes a safetensors file.
func writeSafetensors(_ tensors: [WrittenTensor], to path: String) throws {
    var offset = 0
    let entries = tensors.map { tensor in
        defer { offset += tensor.bytes.count }
        let range = "[\(offset),\(offset + tensor.bytes.count)]"
        return "\"\(tensor.name)\":{\"dtype\":\"\(tensor.type)\",\"shape\":\(tensor.shape),\"data_offsets\":\(range)}"
    }
    let header = "{\(entries.joined(separator: ","))}"
    var data = withUnsafeBytes(of: UInt64(header.utf8.count).littleEndian) { Data($0) }
    data.append(contentsOf: header.utf8)
    for tensor in tensors { data.append(contentsOf: tensor.bytes) }
    try data.write(to: URL(filePath: path))
}
