using System.Globalization;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Nacre.Formats;
using Nacre.Formats.X509;

namespace Nacre.KeyBroker.Admin;

/// <summary>
/// The revocation lists of an operator's files, each signed by an authority of his (RFC 5280, section 5). Every certificate from the one that
/// is shown up to the root must be covered by a list that is current.
/// </summary>
internal sealed class RevocationLists : IRevocationSource
{
    private const string Label = "X509 CRL";
    private const int MaxFileBytes = 8 * 1024 * 1024;
    private const int MaxLists = 64;
    private const int MaxDepth = 8;

    private readonly IReadOnlyList<Certificate> _authorities;

    // By the place of the authority: two may have one name.
    private readonly Dictionary<int, CertificateRevocationList> _lists;

    private RevocationLists(IReadOnlyList<Certificate> authorities, Dictionary<int, CertificateRevocationList> lists, byte[] digest) =>
        (_authorities, _lists, Digest) = (authorities, lists, digest);

    /// <summary>Of all files.</summary>
    public byte[] Digest { get; }

    /// <param name="files">PEM, with one list or several, or DER.</param>
    /// <param name="authorities">Whose lists count.</param>
    /// <param name="before">In use; null for none.</param>
    /// <returns>Null when the files still say what is in use.</returns>
    /// <exception cref="TrustServerException">They cannot be used, or are older than what is in use.</exception>
    public static RevocationLists? Read(IReadOnlyList<string> files, X509Certificate2Collection authorities, RevocationLists? before)
    {
        var contents = files.Select(ReadFile).ToList();
        var digest = SHA256.HashData([.. contents.SelectMany(SHA256.HashData)]);
        if (before is not null && digest.AsSpan().SequenceEqual(before.Digest))
            return null;

        var known = authorities.Select(authority => Parse("an authority", () => Certificate.Parse(authority.RawData))).ToList();
        var lists = new Dictionary<int, CertificateRevocationList>();
        foreach (var (file, list) in files.Zip(contents, (file, content) => ParseFile(file, content).Select(list => (file, list))).SelectMany(one => one))
        {
            var issuer = IssuerOf(file, list, known);
            if (!lists.TryGetValue(issuer, out var other) || other.ThisUpdate < list.ThisUpdate)
                lists[issuer] = list;
        }

        foreach (var (issuer, list) in before?._lists ?? [])
        {
            if (!lists.TryGetValue(issuer, out var now) || now.ThisUpdate < list.ThisUpdate)
            {
                throw new TrustServerException(
                    $"the revocation list of {list.Issuer} is missing or older than the one of {Time(list.ThisUpdate)} that is in use");
            }
        }

        return new RevocationLists(known, lists, digest);
    }

    /// <summary>Issuers of lists that are not current, and when they ended.</summary>
    public IEnumerable<string> Ended(DateTimeOffset now) => _lists.Values.Where(list => !list.IsCurrentAt(now))
        .Select(Describe);

    public string? FindProblem(X509Certificate2 certificate, DateTimeOffset now)
    {
        try
        {
            return FindProblem(Certificate.Parse(certificate.RawData), now);
        }
        catch (MalformedDataException)
        {
            return "the client certificate cannot be read, so nobody can tell whether it was revoked";
        }
    }

    private string? FindProblem(Certificate shown, DateTimeOffset now)
    {
        var certificate = shown;
        for (var depth = 0; depth < MaxDepth; depth++)
        {
            if (depth > 0 && certificate.Issuer.Equals(certificate.Subject))
                return null;
            if (IssuerOf(certificate, depth) is not { } issuer)
                return $"its issuer {certificate.Issuer} is none of the authorities here, so nobody can tell whether it was revoked";
            if (!_lists.TryGetValue(issuer, out var list))
                return $"there is no revocation list of {certificate.Issuer} here; the operator gives it with --admin-client-crl";
            if (!list.IsCurrentAt(now))
                return $"{Describe(list)}; the operator must give a current one";
            if (list.IsRevoked(certificate))
                return depth == 0 ? "the client certificate was revoked" : $"the authority {certificate.Subject} was revoked";
            certificate = _authorities[issuer];
        }

        return "the chain of the client certificate is too long";
    }

    private int? IssuerOf(Certificate certificate, int depth)
    {
        for (var i = 0; i < _authorities.Count; i++)
        {
            if (CertificateIssuance.FindProblem(certificate, _authorities[i], depth) is null)
                return i;
        }

        return null;
    }

    private static int IssuerOf(string file, CertificateRevocationList list, List<Certificate> authorities)
    {
        string? problem = null;
        for (var i = 0; i < authorities.Count; i++)
        {
            if (!authorities[i].Subject.Equals(list.Issuer))
                continue;
            if (list.FindProblem(authorities[i]) is not { } found)
                return i;
            problem = found;
        }

        throw new TrustServerException(problem is null
            ? $"'{file}' has a revocation list of {list.Issuer}, which is none of the authorities of client certificates"
            : $"'{file}' has a revocation list that cannot be believed: {problem}");
    }

    private static List<CertificateRevocationList> ParseFile(string file, byte[] content)
    {
        var lists = new List<CertificateRevocationList>();
        var text = Encoding.Latin1.GetString(content);
        var rest = text.AsSpan();
        while (PemEncoding.TryFind(rest, out var fields))
        {
            if (lists.Count == MaxLists)
                throw new TrustServerException($"'{file}' has more than {MaxLists} revocation lists");
            if (!rest[fields.Label].SequenceEqual(Label))
                throw new TrustServerException($"'{file}' has a {rest[fields.Label]} in PEM; it must be {Label}");
            var der = new byte[fields.DecodedDataLength];
            Convert.TryFromBase64Chars(rest[fields.Base64Data], der, out _);
            lists.Add(Parse($"'{file}'", () => CertificateRevocationList.Parse(der)));
            rest = rest[fields.Location.End..];
        }

        return lists.Count > 0 ? lists : [Parse($"'{file}'", () => CertificateRevocationList.Parse(content))];
    }

    private static T Parse<T>(string what, Func<T> parse)
    {
        try
        {
            return parse();
        }
        catch (MalformedDataException e)
        {
            throw new TrustServerException($"{what} cannot be read for revocation: {e.Message}", e);
        }
    }

    private static byte[] ReadFile(string file)
    {
        try
        {
            return new FileInfo(file).Length <= MaxFileBytes
                ? File.ReadAllBytes(file) : throw new TrustServerException($"'{file}' is larger than {MaxFileBytes} bytes");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw new TrustServerException($"'{file}' cannot be read: {e.Message}", e);
        }
    }

    private static string Describe(CertificateRevocationList list) =>
        $"the revocation list of {list.Issuer} is from {Time(list.ThisUpdate)} to {Time(list.NextUpdate)}";

    private static string Time(DateTimeOffset at) => at.UtcDateTime.ToString("yyyy-MM-dd'T'HH:mm:ss'Z'", CultureInfo.InvariantCulture);
}
