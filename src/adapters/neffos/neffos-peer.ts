/** The one name under which all servers of neffos are known: they do not tell theirs. */
export const NEFFOS_PEER = 'neffos';
