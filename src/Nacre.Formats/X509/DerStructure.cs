using System.Formats.Asn1;

namespace Nacre.Formats.X509;

/// <summary>Runs a reader of DER and turns every complaint of the decoder into a <see cref="MalformedDataException"/>.</summary>
public static class DerStructure
{
    public static T Read<T>(string structure, ReadOnlyMemory<byte> der, Func<AsnReader, ReadOnlyMemory<byte>, T> read)
    {
        ArgumentNullException.ThrowIfNull(read);
        try
        {
            return read(new AsnReader(der, AsnEncodingRules.DER), der);
        }
        catch (AsnContentException error)
        {
            throw new MalformedDataException(structure, "(der)", 0, $"is not DER: {error.Message}", error);
        }
    }

    /// <summary>UTCTime or GeneralizedTime (RFC 5280, section 4.1.2.5).</summary>
    public static DateTimeOffset Time(AsnReader der)
    {
        ArgumentNullException.ThrowIfNull(der);
        return der.PeekTag().TagValue == (int)UniversalTagNumber.UtcTime ? der.ReadUtcTime() : der.ReadGeneralizedTime();
    }

    /// <summary>A BIT STRING of whole bytes.</summary>
    internal static ReadOnlyMemory<byte> BitString(AsnReader der, string structure, string field)
    {
        var bits = der.ReadBitString(out var unused);
        return unused == 0 ? bits : throw new MalformedDataException(structure, field, 0, "is not a whole number of bytes");
    }
}
