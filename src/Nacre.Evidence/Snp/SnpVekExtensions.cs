using System.Formats.Asn1;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Evidence.Snp;

/// <summary>AMD's extensions in the certificate of a VCEK or VLEK (evidence.md 5.2): what the key was derived for.</summary>
public sealed record SnpVekExtensions
{
    private const string Structure = "snp.vek";
    private const string Arc = "1.3.6.1.4.1.3704.1.";
    private const int ChipIdSize = 64;
    private const int TurinChipIdSize = 8;

    public required int StructVersion { get; init; }

    /// <summary>Such as <c>Milan-B0</c> or <c>Turin</c>.</summary>
    public required string ProductName { get; init; }

    public required SnpTcb Tcb { get; init; }

    /// <summary>64 bytes, on Turin 8; null in the certificate of a VLEK.</summary>
    public byte[]? HardwareId { get; init; }

    /// <summary>The cloud provider that was given the key; null in the certificate of a VCEK.</summary>
    public string? ProviderId { get; init; }

    /// <summary>The product that <see cref="ProductName"/> stands for, with or without a stepping; null when it is none that is known.</summary>
    public SnpProduct? Product => ProductName.Split('-')[0] switch
    {
        "Milan" => SnpProduct.Milan,
        "Genoa" => SnpProduct.Genoa,
        "Turin" => SnpProduct.Turin,
        _ => null,
    };

    /// <exception cref="MalformedDataException">An extension is missing or is not what it should be.</exception>
    public static SnpVekExtensions Parse(Certificate certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var hardwareId = certificate.Extensions.Find(Arc + "4");
        return new()
        {
            StructVersion = Number(certificate, "1"),
            ProductName = Text(certificate, "2") ?? throw Missing("2"),
            Tcb = new(
                certificate.Extensions.Find(Arc + "3.9") is null ? null : Number(certificate, "3.9"),
                Number(certificate, "3.1"), Number(certificate, "3.2"), Number(certificate, "3.3"), Number(certificate, "3.8")),
            HardwareId = hardwareId is null ? null : ReadHardwareId(hardwareId),
            ProviderId = Text(certificate, "5"),
        };
    }

    // The value is the bytes themselves, or on some certificates an OCTET STRING around them.
    private static byte[] ReadHardwareId(byte[] value)
    {
        var bytes = value.Length is ChipIdSize or TurinChipIdSize
            ? value
            : DerStructure.Read(Structure, value, static (der, _) =>
            {
                var inner = der.ReadOctetString();
                der.ThrowIfNotEmpty();
                return inner;
            });
        return bytes.Length is ChipIdSize or TurinChipIdSize
            ? bytes
            : throw new MalformedDataException(Structure, "hwID", 0, $"is {bytes.Length} bytes long, must be {ChipIdSize} or {TurinChipIdSize}");
    }

    private static byte Number(Certificate certificate, string suffix) =>
        DerStructure.Read(Structure, certificate.Extensions.Find(Arc + suffix) ?? throw Missing(suffix), static (der, _) =>
        {
            if (!der.TryReadInt32(out var number) || number is < 0 or > 255)
                throw new MalformedDataException(Structure, "(number)", 0, "must be 0 to 255");

            der.ThrowIfNotEmpty();
            return (byte)number;
        });

    private static string? Text(Certificate certificate, string suffix) =>
        certificate.Extensions.Find(Arc + suffix) is not { } value ? null : DerStructure.Read(Structure, value, static (der, _) =>
        {
            var text = der.ReadCharacterString(UniversalTagNumber.IA5String);
            der.ThrowIfNotEmpty();
            return text.Length <= 256 ? text : throw new MalformedDataException(Structure, "(text)", 0, "is longer than 256 characters");
        });

    private static MalformedDataException Missing(string suffix) => new(Structure, $"extension {Arc}{suffix}", 0, "is missing");
}
