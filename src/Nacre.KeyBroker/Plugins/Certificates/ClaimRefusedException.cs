namespace Nacre.KeyBroker.Plugins.Certificates;

/// <summary>A guest's claims give no name that may stand in a certificate; the message says which and why.</summary>
internal sealed class ClaimRefusedException(string message) : Exception(message);
