using System.Text.Json;
using System.Text.Json.Nodes;
using Nacre.Formats.Json;

namespace Nacre.KeyBroker.Plugins.Certificates;

/// <summary>One kind of certificate: what is named in it, for whom it is good, and for how long.</summary>
/// <param name="Name">Last part of the path, and the common name of the subject.</param>
internal sealed record CertificateProfile(string Name)
{
    private const int MostNames = 16;
    private const int MostMinutes = 60 * 24 * 30;

    public required ClaimTemplate SpiffeId { get; init; }

    public required IReadOnlyList<ClaimTemplate> DnsNames { get; init; }

    public required TimeSpan Life { get; init; }

    /// <summary>Good for TLS servers, besides TLS clients.</summary>
    public required bool ForServers { get; init; }

    /// <exception cref="Formats.MalformedDataException">A member is not known or not as it must be.</exception>
    public static CertificateProfile Parse(JsonFields fields)
    {
        fields.Only("name", "spiffe_id", "dns", "life_minutes", "server");
        var name = fields.Text("name", 64);
        if (name.Length == 0 || !name.All(c => char.IsAsciiLetterOrDigit(c) || c is '-' or '_'))
            throw fields.Malformed("name", "must be letters, digits, '-' and '_'");

        var minutes = 60;
        if (fields.Find("life_minutes") is { } life && !(life.TryGetInt32(out minutes) && minutes is >= 1 and <= MostMinutes))
            throw fields.Malformed("life_minutes", $"must be a whole number from 1 to {MostMinutes}");
        var server = fields.Find("server")?.ValueKind switch
        {
            null or JsonValueKind.False => false,
            JsonValueKind.True => true,
            _ => throw fields.Malformed("server", "must be true or false"),
        };

        return new CertificateProfile(name)
        {
            SpiffeId = Template(fields, "spiffe_id", fields.Text("spiffe_id", 2048)),
            DnsNames = fields.Find("dns") is null ? [] :
            [
                .. fields.Array("dns", MostNames).Select(item => item.ValueKind == JsonValueKind.String
                    ? Template(fields, "dns", item.GetString()!) : throw fields.Malformed("dns", "must be an array of strings")),
            ],
            Life = TimeSpan.FromMinutes(minutes),
            ForServers = server,
        };
    }

    /// <summary>The names for this guest.</summary>
    /// <exception cref="ClaimRefusedException">Its claims give none, or none that the authority may give.</exception>
    public CertificateNames NamesFor(JsonObject claims, NameLimits limits)
    {
        var names = new CertificateNames(Name, SpiffeId.Fill(claims), [.. DnsNames.Select(template => template.Fill(claims))]);
        if (limits.FindProblem(names.SpiffeId) is { } problem)
            throw Refused(names.SpiffeId, problem);
        foreach (var name in names.Dns)
        {
            if (!limits.AllowsDns(name))
                throw Refused(name, "the authority's settings allow no such DNS name");
        }

        return names;
    }

    private static ClaimTemplate Template(JsonFields fields, string member, string text)
    {
        try
        {
            return ClaimTemplate.Parse(text);
        }
        catch (FormatException e)
        {
            throw fields.Malformed(member, e.Message);
        }
    }

    private static ClaimRefusedException Refused(string name, string rule) => new($"no certificate for '{name}': {rule}");
}

/// <param name="CommonName">Of the subject.</param>
/// <param name="SpiffeId">The one URI among the alternative names.</param>
/// <param name="Dns">The DNS names among them.</param>
internal sealed record CertificateNames(string CommonName, string SpiffeId, IReadOnlyList<string> Dns);
