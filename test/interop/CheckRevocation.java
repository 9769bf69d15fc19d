import java.io.FileInputStream;
import java.net.URI;
import java.security.cert.CertPath;
import java.security.cert.CertPathValidator;
import java.security.cert.CertPathValidatorException;
import java.security.cert.CertificateFactory;
import java.security.cert.CertificateRevokedException;
import java.security.cert.PKIXParameters;
import java.security.cert.PKIXRevocationChecker;
import java.security.cert.TrustAnchor;
import java.security.cert.X509Certificate;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;

/** java CheckRevocation.java RESPONDER-URL ANCHOR.pem CERTIFICATE.pem...: says of each, a line each, what Java's OCSP client makes of it. */
class CheckRevocation {
  public static void main(String[] arguments) throws Exception {
    CertificateFactory factory = CertificateFactory.getInstance("X.509");
    for (int index = 2; index < arguments.length; index++) {
      CertPath path = factory.generateCertPath(List.of(read(factory, arguments[index])));
      CertPathValidator validator = CertPathValidator.getInstance("PKIX");
      PKIXRevocationChecker checker = (PKIXRevocationChecker) validator.getRevocationChecker();
      checker.setOptions(EnumSet.of(PKIXRevocationChecker.Option.NO_FALLBACK));
      checker.setOcspResponder(URI.create(arguments[0]));
      PKIXParameters parameters = new PKIXParameters(Set.of(new TrustAnchor(read(factory, arguments[1]), null)));
      parameters.addCertPathChecker(checker);
      try {
        validator.validate(path, parameters);
        System.out.println("ACCEPTED");
      } catch (CertPathValidatorException refusal) {
        String reason = refusal.getCause() instanceof CertificateRevokedException revoked ? revoked.getRevocationReason().toString() : "";
        System.out.println("REFUSED " + refusal.getReason() + " " + reason);
      }
    }
  }

  private static X509Certificate read(CertificateFactory factory, String file) throws Exception {
    try (FileInputStream stream = new FileInputStream(file)) {
      return (X509Certificate) factory.generateCertificate(stream);
    }
  }
}
