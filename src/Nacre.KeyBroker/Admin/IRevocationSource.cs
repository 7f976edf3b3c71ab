using System.Security.Cryptography.X509Certificates;

namespace Nacre.KeyBroker.Admin;

/// <summary>Knows which client certificates their authorities have revoked.</summary>
internal interface IRevocationSource
{
    /// <summary>Null when the certificate may be taken; else why not, in words for whoever shows it.</summary>
    string? FindProblem(X509Certificate2 certificate, DateTimeOffset now);
}
