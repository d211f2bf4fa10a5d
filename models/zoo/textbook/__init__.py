"""Small cells of the textbooks on dynamics, whose bifurcations are known; `TEXTBOOK` lists them."""

from .adaptive_exponential import ADAPTIVE_EXPONENTIAL
from .exponential import EXPONENTIAL
from .fitzhugh_nagumo import FITZHUGH_NAGUMO
from .hindmarsh_rose import HINDMARSH_ROSE
from .morris_lecar import MORRIS_LECAR
from .persistent_sodium import PERSISTENT_SODIUM
from .wang_buzsaki import WANG_BUZSAKI

TEXTBOOK = [
    MORRIS_LECAR,
    WANG_BUZSAKI,
    PERSISTENT_SODIUM,
    FITZHUGH_NAGUMO,
    HINDMARSH_ROSE,
    EXPONENTIAL,
    ADAPTIVE_EXPONENTIAL,
]
