using System.Buffers.Binary;
using System.Text.Json;
using Nacre.Formats.Json;

namespace Nacre.Evidence.Csv;

/// <summary>Certificates of Hygon as CoCo's JSON has them, put back into the bytes that were signed.</summary>
internal static class HygonCertificateJson
{
    public static HygonCertificate ReadCertificate(JsonFields json)
    {
        json.Only("body", "sigs");
        var body = json.Object("body");
        body.Only("ver", "data");
        var data = body.Object("data");
        data.Only("firmware", "reserved1", "pubkey", "uid_size", "user_id", "sid", "reserved2");
        var firmware = data.Object("firmware");
        firmware.Only("major", "minor");
        var writer = new Writer(HygonCertificate.Size);
        writer.UInt32(body, "ver");
        writer.UInt8(firmware, "major");
        writer.UInt8(firmware, "minor");
        writer.UInt16(data, "reserved1");
        var key = data.Object("pubkey");
        key.Only("usage", "algo", "key");
        writer.UInt32(key, "usage");
        writer.UInt32(key, "algo");
        WriteKey(writer, key.Object("key"));
        writer.UInt16(data, "uid_size");
        writer.Bytes(data, "user_id", 254);
        writer.Bytes(data, "sid", 16);
        writer.Bytes(data, "reserved2", 608);
        var slots = json.Any("sigs");
        if (slots.ValueKind != JsonValueKind.Array || slots.GetArrayLength() != 2)
            throw json.Malformed("sigs", "must be two slots");

        foreach (var slot in slots.EnumerateArray())
            WriteSlot(writer, new JsonFields("csv.evidence.sigs", slot));
        return HygonCertificate.Parse(writer.Done());
    }

    public static HygonAuthorityCertificate ReadAuthority(JsonFields json)
    {
        json.Only("body", "signature", "_reserved");
        var body = json.Object("body");
        body.Only("preamble", "pubkey", "uid_size", "user_id", "reserved");
        var preamble = body.Object("preamble");
        preamble.Only("ver", "data");
        var data = preamble.Object("data");
        data.Only("kid", "sid", "usage", "reserved");
        var writer = new Writer(HygonAuthorityCertificate.Size);
        writer.UInt32(preamble, "ver");
        writer.Bytes(data, "kid", 16);
        writer.Bytes(data, "sid", 16);
        writer.UInt32(data, "usage");
        writer.Bytes(data, "reserved", 24);
        WriteKey(writer, body.Object("pubkey"));
        writer.UInt16(body, "uid_size");
        writer.Bytes(body, "user_id", 254);
        writer.Bytes(body, "reserved", 108);
        WriteSignature(writer, json.Object("signature"));
        writer.Bytes(json, "_reserved", 112);
        return HygonAuthorityCertificate.Parse(writer.Done());
    }

    /// <summary>An array of exactly <paramref name="size"/> numbers from 0 to 255.</summary>
    public static byte[] Bytes(JsonFields json, string name, int size)
    {
        var value = json.Any(name);
        if (value.ValueKind != JsonValueKind.Array || value.GetArrayLength() != size)
            throw json.Malformed(name, $"must be an array of {size} numbers");

        var bytes = new byte[size];
        var i = 0;
        foreach (var number in value.EnumerateArray())
        {
            if (number.ValueKind != JsonValueKind.Number || !number.TryGetByte(out bytes[i++]))
                throw json.Malformed(name, $"item {i - 1} is no number from 0 to 255");
        }

        return bytes;
    }

    public static uint Number(JsonFields json, string name) =>
        json.Any(name) is { ValueKind: JsonValueKind.Number } value && value.TryGetUInt32(out var number)
            ? number : throw json.Malformed(name, "must be a number of 32 bits without sign");

    private static void WriteKey(Writer writer, JsonFields key)
    {
        key.Only("g", "x", "y");
        writer.UInt32(key, "g");
        writer.Bytes(key, "x", HygonKey.FieldSize);
        writer.Bytes(key, "y", HygonKey.FieldSize);
    }

    private static void WriteSlot(Writer writer, JsonFields slot)
    {
        slot.Only("usage", "algo", "signature", "_reserved");
        writer.UInt32(slot, "usage");
        writer.UInt32(slot, "algo");
        WriteSignature(writer, slot.Object("signature"));
        writer.Bytes(slot, "_reserved", 368);
    }

    private static void WriteSignature(Writer writer, JsonFields signature)
    {
        signature.Only("r", "s");
        writer.Bytes(signature, "r", HygonKey.FieldSize);
        writer.Bytes(signature, "s", HygonKey.FieldSize);
    }

    private sealed class Writer(int size)
    {
        private readonly byte[] _bytes = new byte[size];
        private int _at;

        public void UInt8(JsonFields json, string name) => _bytes[_at++] = Number(json, name) is <= byte.MaxValue and var number
            ? (byte)number : throw json.Malformed(name, "must be a number of 8 bits");

        public void UInt16(JsonFields json, string name)
        {
            if (Number(json, name) is not (<= ushort.MaxValue and var number))
                throw json.Malformed(name, "must be a number of 16 bits");

            BinaryPrimitives.WriteUInt16LittleEndian(_bytes.AsSpan(_at), (ushort)number);
            _at += 2;
        }

        public void UInt32(JsonFields json, string name)
        {
            BinaryPrimitives.WriteUInt32LittleEndian(_bytes.AsSpan(_at), Number(json, name));
            _at += 4;
        }

        public void Bytes(JsonFields json, string name, int count)
        {
            HygonCertificateJson.Bytes(json, name, count).CopyTo(_bytes, _at);
            _at += count;
        }

        public byte[] Done() => _at == _bytes.Length ? _bytes : throw new InvalidOperationException("the certificate was not written whole");
    }
}
