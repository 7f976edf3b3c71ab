using System.Globalization;
using System.Net.Security;
using System.Net.Sockets;
using System.Security.Authentication;
using System.Security.Cryptography.X509Certificates;

namespace Nacre.Cli.Doctor;

/// <summary>Can it be reached, is its certificate good for this name, and for how long.</summary>
internal static class TlsCheck
{
    private const string Name = "address";
    private const int WarnDays = 14;

    private static readonly TimeSpan s_bound = TimeSpan.FromSeconds(10);

    public static async Task<DoctorFinding> LookAsync(DoctorConnection server, CancellationToken cancel)
    {
        using var bound = CancellationTokenSource.CreateLinkedTokenSource(cancel);
        bound.CancelAfter(s_bound);
        var seen = new Seen();
        try
        {
            using var socket = new TcpClient();
            await socket.ConnectAsync(server.Url.IdnHost, server.Url.Port, bound.Token);
            if (server.Url.Scheme == "http")
                return DoctorFinding.Warn(Name, $"{server.Url.Authority} answers without TLS", "serve https; http is for tests on one machine");

            await using var stream = new SslStream(socket.GetStream());
            await stream.AuthenticateAsClientAsync(
                new SslClientAuthenticationOptions
                {
                    TargetHost = server.Url.IdnHost,
                    CertificateChainPolicy = server.Policy(),
                    RemoteCertificateValidationCallback = (_, certificate, chain, errors) => seen.Take(certificate, chain, errors),
                },
                bound.Token);
            return Good(server, seen.Certificate!, stream.SslProtocol);
        }
        catch (AuthenticationException e)
        {
            return Refused(server, seen, e);
        }
        catch (Exception e) when (
            e is SocketException or IOException || e is OperationCanceledException && !cancel.IsCancellationRequested)
        {
            return DoctorFinding.Fail(
                Name, e is OperationCanceledException ? $"no answer within {s_bound.TotalSeconds:0} s" : e.Message,
                "is the server running, is --url right, and does a firewall stand between?");
        }
    }

    private static DoctorFinding Good(DoctorConnection server, X509Certificate2 certificate, SslProtocols version)
    {
        var days = (new DateTimeOffset(certificate.NotAfter) - server.Clock.GetUtcNow()).TotalDays;
        var found = string.Create(CultureInfo.InvariantCulture, $"{version}, certificate for {Names(certificate)}, {days:0} days left");
        return days < WarnDays
            ? DoctorFinding.Warn(Name, found, "renew the file of --tls-cert; the server reads it again by itself")
            : DoctorFinding.Ok(Name, found);
    }

    private static DoctorFinding Refused(DoctorConnection server, Seen seen, AuthenticationException e) => seen switch
    {
        { Certificate: { } certificate } when seen.Errors.HasFlag(SslPolicyErrors.RemoteCertificateNameMismatch) => DoctorFinding.Fail(
            Name, $"the certificate is for {Names(certificate)}, not for {server.Url.Host}",
            "use one of these names in --url, or issue it for this one"),
        _ when seen.Errors.HasFlag(SslPolicyErrors.RemoteCertificateChainErrors) => DoctorFinding.Fail(
            Name, $"the certificate is not of an authority that is trusted here: {seen.Problem}",
            server.Roots is null ? "--cacert DIR/ca.pem, or the authority that issued --tls-cert" : "is --cacert of this server?"),
        _ => DoctorFinding.Fail(
            Name, $"no TLS: {e.Message}", "is this the https address, and does the server ask for a certificate of callers?"),
    };

    private static string Names(X509Certificate2 certificate)
    {
        var names = certificate.Extensions.OfType<X509SubjectAlternativeNameExtension>().FirstOrDefault();
        return names is null ? certificate.Subject
            : string.Join(", ", names.EnumerateDnsNames().Concat(names.EnumerateIPAddresses().Select(address => address.ToString())));
    }

    /// <summary>What the server showed.</summary>
    private sealed class Seen
    {
        public X509Certificate2? Certificate { get; private set; }
        public SslPolicyErrors Errors { get; private set; }
        public string Problem { get; private set; } = "";

        public bool Take(X509Certificate? certificate, X509Chain? chain, SslPolicyErrors errors)
        {
            Certificate = certificate is null ? null : X509CertificateLoader.LoadCertificate(certificate.GetRawCertData());
            Errors = errors;
            Problem = string.Join("; ", chain?.ChainStatus.Select(status => status.StatusInformation.Trim()).Distinct() ?? []);
            return errors == SslPolicyErrors.None;
        }
    }
}
