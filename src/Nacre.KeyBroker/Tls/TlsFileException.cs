namespace Nacre.KeyBroker.Tls;

/// <summary>A certificate, its key or its authorities cannot be used; one line says which file, why, and what to do.</summary>
internal sealed class TlsFileException(string message, Exception? innerException = null) : Exception(message, innerException);
