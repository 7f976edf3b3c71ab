using System.Formats.Asn1;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.Evidence.Dcap;

/// <summary>
/// What a PCK certificate says of its platform: the extension 1.2.840.113741.1.13.1 (evidence.md 2.3), each element exactly once. The last
/// four are there only when the Platform CA issued the certificate.
/// </summary>
public sealed record PckExtensions
{
    public const string Oid = "1.2.840.113741.1.13.1";

    /// <summary>Number of component versions of a TCB.</summary>
    public const int Components = 16;

    private const string Structure = "pck.sgx_extensions";

    public required byte[] Ppid { get; init; }

    /// <summary>The sixteen component versions; these count, not <see cref="CpuSvn"/>.</summary>
    public required byte[] ComponentSvns { get; init; }

    public required ushort PceSvn { get; init; }
    public required byte[] CpuSvn { get; init; }
    public required byte[] PceId { get; init; }
    public required byte[] Fmspc { get; init; }

    /// <summary>0 Standard, 1 Scalable, 2 Scalable with Integrity.</summary>
    public required int SgxType { get; init; }

    public required byte[]? PlatformInstanceId { get; init; }
    public required bool? DynamicPlatform { get; init; }
    public required bool? CachedKeys { get; init; }
    public required bool? SmtEnabled { get; init; }

    /// <exception cref="MalformedDataException">The certificate has no such extension, or a wrong one.</exception>
    public static PckExtensions Parse(Certificate certificate)
    {
        ArgumentNullException.ThrowIfNull(certificate);
        var value = certificate.Extensions.Find(Oid) ?? throw Malformed("(extension)", "is missing");
        return DerStructure.Read(Structure, value, static (der, _) => Read(der));
    }

    private static PckExtensions Read(AsnReader der)
    {
        var elements = Elements(der, Oid, 7);
        der.ThrowIfNotEmpty();
        var tcb = Elements(Take(elements, 2), $"{Oid}.2", 18);
        var svns = new byte[Components];
        for (var i = 0; i < Components; i++)
            svns[i] = (byte)Number(Take(tcb, i + 1), $"tcb.component_{i + 1}", byte.MaxValue);

        var type = Take(elements, 5).ReadEnumeratedBytes().Span;
        if (type.Length != 1 || type[0] > 2)
            throw Malformed("sgx_type", "must be 0 to 2");

        var configuration = elements.Remove(7, out var found) ? Elements(found, $"{Oid}.7", 3) : null;
        var parsed = new PckExtensions
        {
            Ppid = Octets(Take(elements, 1), "ppid", 16),
            ComponentSvns = svns,
            PceSvn = (ushort)Number(Take(tcb, 17), "tcb.pcesvn", ushort.MaxValue),
            CpuSvn = Octets(Take(tcb, 18), "tcb.cpusvn", 16),
            PceId = Octets(Take(elements, 3), "pceid", 2),
            Fmspc = Octets(Take(elements, 4), "fmspc", 6),
            SgxType = type[0],
            PlatformInstanceId = elements.Remove(6, out var instance) ? Octets(instance, "platform_instance_id", 16) : null,
            DynamicPlatform = Flag(configuration, 1),
            CachedKeys = Flag(configuration, 2),
            SmtEnabled = Flag(configuration, 3),
        };

        // Which of both a certificate needs follows from its issuer; half of it is never right.
        if (parsed.PlatformInstanceId is null != configuration is null)
            throw Malformed("configuration", "must come together with the platform instance id");

        return parsed;
    }

    /// <summary>The elements of a SEQUENCE OF SEQUENCE { OID, value } by the last arc of their OID.</summary>
    private static Dictionary<int, AsnReader> Elements(AsnReader der, string parent, int last)
    {
        var elements = new Dictionary<int, AsnReader>();
        var list = der.ReadSequence();
        while (list.HasData)
        {
            var element = list.ReadSequence();
            var oid = element.ReadObjectIdentifier();
            var value = new AsnReader(element.ReadEncodedValue(), AsnEncodingRules.DER);
            element.ThrowIfNotEmpty();
            if (!oid.StartsWith(parent + ".", StringComparison.Ordinal) || !int.TryParse(oid.AsSpan(parent.Length + 1), out var arc)
                || arc < 1 || arc > last || !elements.TryAdd(arc, value))
                throw Malformed(oid, "is unknown here or occurs twice");
        }

        return elements;
    }

    private static AsnReader Take(Dictionary<int, AsnReader> elements, int arc) =>
        elements.Remove(arc, out var value) ? value : throw Malformed($"element {arc}", "is missing");

    private static int Number(AsnReader value, string field, int max) =>
        value.TryReadInt32(out var number) && number >= 0 && number <= max ? number : throw Malformed(field, $"must be 0 to {max}");

    private static byte[] Octets(AsnReader value, string field, int length)
    {
        var octets = value.ReadOctetString();
        return octets.Length == length ? octets : throw Malformed(field, $"is {octets.Length} bytes long, must be {length}");
    }

    private static bool? Flag(Dictionary<int, AsnReader>? configuration, int arc) =>
        configuration is not null && configuration.Remove(arc, out var value) ? value.ReadBoolean() : null;

    private static MalformedDataException Malformed(string field, string rule) => new(Structure, field, 0, rule);
}
